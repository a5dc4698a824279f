"""Volumes, their snapshots, and images created from them."""
