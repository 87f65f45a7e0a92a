"""Alerts (预警): what a finding becomes, whom it goes to, how long they have, and how it ends."""
