# SPDX-License-Identifier: Apache-2.0
"""Keypairs of a project, stored as Nova keypairs of their creators."""
