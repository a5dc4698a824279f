"""The bench: what it serves, and what it makes of figures."""
