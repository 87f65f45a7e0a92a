"""Joint cases (联合办案): one case from several alerts, by units of two or more departments."""
