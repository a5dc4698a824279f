# SPDX-License-Identifier: Apache-2.0
"""Passwords of instances."""

from marshmallow import Schema

from kic_vm.schemas.secrets import SecretString


class InstancePasswordSchema(Schema):
    """The administrator password that the guest has set."""

    password = SecretString(
        required=True,
        metadata={
            "description": "Encrypted with the keypair's public key, in base64; empty where the "
            "guest has set none."
        },
    )
