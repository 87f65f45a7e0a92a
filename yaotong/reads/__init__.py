"""Reads: the door through which pages, maps and commands see what is known. They only read."""
