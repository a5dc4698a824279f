# SPDX-License-Identifier: Apache-2.0
"""Schemas of the contract's request bodies, response bodies and query parameters."""
