# SPDX-License-Identifier: Apache-2.0
"""Adapters for OpenStack's services: raw JSON in and out, errors in the gateway's terms."""
