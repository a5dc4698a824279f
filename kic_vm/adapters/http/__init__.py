"""How requests go out to OpenStack."""
