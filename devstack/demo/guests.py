# SPDX-License-Identifier: Apache-2.0
"""``make demo GUESTS=1``: the machines are real guests, in an OpenStack of its own."""

import os

from allinone.settings import PREFIX, REPOSITORY

PLACE = {
    f"{PREFIX}DIR": str(REPOSITORY / ".standalone-guests"),
    f"{PREFIX}PORT_OFFSET": "3000",
}


def wanted() -> bool:
    """Whether the demo is to have real guests."""
    return os.environ.get("GUESTS") == "1"


def choose_place() -> None:
    """Keep that OpenStack apart from the ordinary one, unless its place has been chosen."""
    for name, value in PLACE.items():
        os.environ.setdefault(name, value)
