# SPDX-License-Identifier: Apache-2.0
"""Volumes, their snapshots, and images created from them."""
