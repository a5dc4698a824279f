# SPDX-License-Identifier: Apache-2.0
"""State changes of instances and volumes: one stream in Redis for each project."""
