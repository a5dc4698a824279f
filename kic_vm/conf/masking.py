# SPDX-License-Identifier: Apache-2.0
"""Masking of secrets in the log, even when the libraries log requests and responses."""

import logging
import re
from typing import Final

# Names in JSON: the API's own and OpenStack's. A response schema with a secret of another name
# does not load: see kic_vm.schemas.secrets.
MASKED_NAMES: Final = frozenset(
    {"admin_pass", "adminPass", "password", "private_key", "secret", "user_data"}
)
_MASK: Final = "***"
# A quoted name, a colon and a quoted value, as JSON and Python write them.
_MEMBER: Final = re.compile(
    rf"""((["'])(?:{"|".join(sorted(MASKED_NAMES))})\2\s*:\s*)(["'])(?:\\.|(?!\3)[^\\])*(?:\3|\Z)""",
    re.DOTALL,
)


class MaskingFilter(logging.Filter):
    """Replace each secret in a record's message with a mask."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Pass every record, with the secrets in its message masked."""
        message = record.getMessage()
        if any(name in message for name in MASKED_NAMES):
            record.msg, record.args = mask(message), None
        return True


def mask(message: str) -> str:
    """The message with each secret masked."""
    return _MEMBER.sub(rf"\1\3{_MASK}\3", message)
