"""What a till may ask before it sells (购药额度): pure decisions, and the settings they go by."""
