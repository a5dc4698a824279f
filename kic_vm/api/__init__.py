"""Views: read the request, call the operation, return the response."""
