"""Schemas of the contract's request bodies, response bodies and query parameters."""
