"""Proofs that take long: many creates under faults, and a soak of many requests."""
