"""The official Go SDK, unmodified, against the gateway in front of a real OpenStack."""
