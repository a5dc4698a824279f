# SPDX-License-Identifier: Apache-2.0
"""Print in which states the installed Nova accepts each command, as JSON.

This runs in the Python of the OpenStack: it imports Nova and reads what the decorator
``check_instance_state`` was given for each method.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

from nova.compute import api

_NAMES = ("vm_state", "task_state", "must_have_launched")


def _decorated(method: Callable[..., Any]) -> dict[str, Any] | None:
    """The arguments of the decorator on a method."""
    current: Any = method
    while current is not None:
        names = getattr(current, "__code__", None) and current.__code__.co_freevars
        if names and set(_NAMES) <= set(names):
            cells = dict(zip(names, current.__closure__, strict=True))
            return {name: cells[name].cell_contents for name in _NAMES}
        current = getattr(current, "__wrapped__", None)
    return None


def _listed(states: set[str | None] | None) -> list[str | None] | None:
    return None if states is None else sorted(states, key=str)


accepted = {}
for method_name in sys.argv[1:]:
    found = _decorated(getattr(api.API, method_name))
    if found is None:
        sys.exit(f"{method_name} has no check_instance_state")
    accepted[method_name] = {
        "vm_states": _listed(found["vm_state"]),
        "task_states": _listed(found["task_state"]),
        "must_have_launched": found["must_have_launched"],
    }
json.dump(accepted, sys.stdout)
