# SPDX-License-Identifier: Apache-2.0
"""The picture of the Grafana dashboard: its queries, answered by Prometheus in a real run.

Grafana is not involved: ``drawing`` draws the panels.
"""
