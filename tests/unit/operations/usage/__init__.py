# SPDX-License-Identifier: Apache-2.0
"""The usage of a project."""
