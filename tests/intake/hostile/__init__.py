"""Files that strangers might send, and what each must end in."""
