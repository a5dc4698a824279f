# SPDX-License-Identifier: Apache-2.0
"""The changes that a request body asks for."""

from collections.abc import Mapping
from typing import Any

from kic_vm import exceptions

JSON = dict[str, Any]


def given_changes(what: str, changes: Mapping[str, Any]) -> JSON:
    """The given name and description; a null name means no change.

    :param what: the field of the request body that holds them
    :raises InvalidRequest: there is nothing to change
    """
    named = {key: value for key, value in changes.items() if not (key == "name" and value is None)}
    if not named:
        raise exceptions.InvalidField(what, "give a name or a description to change.")
    return named
