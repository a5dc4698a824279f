"""Instances: reads, commands, and the resources attached to an instance."""
