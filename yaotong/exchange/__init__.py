"""Between regions: agreements, signed messages, private matching and hand-overs. Pure: no store, no clock."""
