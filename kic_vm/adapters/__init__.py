"""Adapters for OpenStack's services: raw JSON in and out, errors in the gateway's terms."""
