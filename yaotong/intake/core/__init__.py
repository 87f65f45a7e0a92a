"""The machinery of intake: limits, profiles, pseudonyms, problems, and the reading of one file."""
