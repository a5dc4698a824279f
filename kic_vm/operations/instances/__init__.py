"""Instances: reading, commands, and what belongs to one."""
