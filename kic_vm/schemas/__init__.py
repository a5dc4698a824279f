"""The contract's bodies and query parameters, in and out."""
