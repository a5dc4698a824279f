# SPDX-License-Identifier: Apache-2.0
"""The metrics for Prometheus.

No label contains a project, a user or any other value that a caller chooses: each label has a
bounded number of values, and the metrics reveal nothing about a tenant.
"""
