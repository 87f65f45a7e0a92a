"""Reports as values: what rules are worth, the figures of a period, and their files. Pure."""
