"""What a load survives: being killed at any moment, and a system that refuses at any call."""
