# SPDX-License-Identifier: Apache-2.0
"""Instances: reads, commands, and the resources attached to an instance."""
