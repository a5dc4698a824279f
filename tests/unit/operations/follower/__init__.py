"""The follower, on a faked wire."""
