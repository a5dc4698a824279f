# SPDX-License-Identifier: Apache-2.0
"""Keypairs, which are a project's in the API and a user's in Nova."""
