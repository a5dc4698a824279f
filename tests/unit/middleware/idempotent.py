# SPDX-License-Identifier: Apache-2.0
"""A request with an Idempotency-Key, as several tests send it."""

from typing import Final

KEY: Final = {"Idempotency-Key": "7c9d3e2a-0000-4000-8000-000000000001"}
KEYPAIRS: Final = "/api/v1/keypairs"
IMPORT: Final = {"keypair": {"name": "imported", "public_key": "ssh-ed25519 AAAA k"}}
