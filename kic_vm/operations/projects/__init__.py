"""Members, quotas and settings of a project."""
