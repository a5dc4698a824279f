"""Keypairs of a project, stored as Nova keypairs of their creators."""
