"""The door for everything that changes something."""
