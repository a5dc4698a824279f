"""What is counted, for Prometheus.

No label is a project, a user or anything else that a caller has chosen: each has a bounded number
of values, and who reads the metrics learns nothing of a tenant.
"""
