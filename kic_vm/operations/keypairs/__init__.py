"""Keypairs of a project, kept as Nova keypairs of their creators."""
