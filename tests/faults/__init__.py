# SPDX-License-Identifier: Apache-2.0
"""Faults between the gateway and its neighbours, put there by proxies of the tests' own."""
