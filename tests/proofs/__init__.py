# SPDX-License-Identifier: Apache-2.0
"""Proofs that take long: many creates under faults, and a soak of many requests."""
