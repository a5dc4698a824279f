"""Rows of the error table about images: see kic_vm.adapters.error_rules."""

import re
from typing import Final

from kic_vm.adapters.error_rule import Rule
from kic_vm.exceptions import AlreadyExists, Conflict

RULES: Final = tuple(
    Rule("image", status, re.compile(pattern, re.IGNORECASE), error, sentence)
    for status, pattern, error, sentence in (
        (
            409,
            "is duplicated for image",
            AlreadyExists,
            "The image is shared with this project already.",
        ),
        (
            409,
            "could not be deleted because it is in use",
            Conflict,
            (
                "The image cannot be deleted now: its store keeps it for the volumes that were "
                "made from it."
            ),
        ),
    )
)
