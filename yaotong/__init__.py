"""云药通: pharmacies, special drugs and sales joined in space and time for four departments."""

__version__ = "0.1.0"
