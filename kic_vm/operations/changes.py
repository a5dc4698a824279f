"""What a body asks to change."""

from typing import Any

from kic_vm import exceptions

JSON = dict[str, Any]


def given_changes(what: str, changes: JSON) -> JSON:
    """Name and description as far as they are to change.

    :raises InvalidRequest: neither of them is
    """
    given = {key: value for key, value in changes.items() if not (key == "name" and value is None)}
    if not given:
        raise exceptions.InvalidRequest(f"{what}: give a name or a description to change.")
    return given
