"""What the log never shows, even where the wire log of the libraries is turned on."""

import logging
import re
from typing import Final

# Names in JSON: the API's own, and OpenStack's for the same. A response schema with a secret of
# another name does not load: see kic_vm.schemas.secrets.
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
    """Put a mask in the place of each secret in a record's message."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, without the secrets of its message."""
        message = record.getMessage()
        if any(name in message for name in MASKED_NAMES):
            record.msg, record.args = mask(message), None
        return True


def mask(message: str) -> str:
    """The message with a mask in the place of each secret."""
    return _MEMBER.sub(rf"\1\3{_MASK}\3", message)
