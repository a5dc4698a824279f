# SPDX-License-Identifier: Apache-2.0
"""What happened to instances, and the usage of a project."""
