"""Passwords of instances."""

from marshmallow import Schema, fields


class InstancePasswordSchema(Schema):
    """The password that the guest has set for its administrator."""

    password = fields.String(
        required=True,
        metadata={
            "description": "Encrypted with the keypair's public key, in base64; empty where the "
            "guest has set none."
        },
    )
