"""Views: read, call, show."""
