# SPDX-License-Identifier: Apache-2.0
"""Members, quotas and settings of a project."""
