"""Volumes, their snapshots, and images made of them."""
