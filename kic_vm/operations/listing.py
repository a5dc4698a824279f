# SPDX-License-Identifier: Apache-2.0
"""Filter, sort and cut a list as the contract's list operations do."""

import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

from kic_vm import exceptions
from kic_vm.schemas.filters import normalized

JSON = dict[str, Any]
Match = Callable[[JSON, Any], bool]

PAGING: Final = {"limit", "offset", "sort_keys", "sort_dirs"}


def equals(*path: str) -> Match:
    """The item's field is the value."""
    return lambda item, wanted: _same(_field(item, path), wanted)


def contains(*path: str) -> Match:
    """The item's text has the value in it: documented for names."""
    return lambda item, wanted: normalized(wanted) in normalized(str(_field(item, path) or ""))


def any_equals(collection: str, field: str) -> Match:
    """One member of the item's collection has the value in that field."""
    return lambda item, wanted: any(_same(member[field], wanted) for member in item[collection])


def dated(*path: str) -> Match:
    """The item's time lies in the period that the value names."""
    return lambda item, wanted: wanted.covers(_field(item, path))


def _same(value: Any, wanted: Any) -> bool:
    """Whether they are equal; for texts, as all filters compare them."""
    if isinstance(value, str) and isinstance(wanted, str):
        return normalized(value) == normalized(wanted)
    return bool(value == wanted)


def _field(item: JSON, path: tuple[str, ...]) -> Any:
    value: Any = item
    for key in path:
        value = value.get(key) if value is not None else None
    return value


def select(
    items: list[JSON], query: Mapping[str, Any], filters: Mapping[str, Match]
) -> tuple[list[JSON], JSON]:
    """One page of a list, and the contract's ``pagination`` for it.

    :param query: the operation's query parameters, already of their types
    :param filters: what each of them means; parameters of paging and sorting aside
    :raises InvalidRequest: there are more sort directions than keys
    """
    matches = [(filters[name], wanted) for name, wanted in query.items() if name not in PAGING]
    found = items[:]
    for match, wanted in matches:
        found = [item for item in found if match(item, wanted)]
    _sort(found, query["sort_keys"], query["sort_dirs"])
    limit, offset = query["limit"], query["offset"]
    return found[offset : offset + limit], {
        "total": len(found),
        "offset": offset,
        "limit": limit,
    }


def _sort(items: list[JSON], keys: list[str], directions: list[str]) -> None:
    """Sort in place, the first key counting most; what lacks a key comes last in any direction."""
    if len(directions) > len(keys):
        raise exceptions.InvalidField("sort_dirs", "there are more of them than sort_keys.")
    directions = directions + (directions[-1:] or ["desc"]) * (len(keys) - len(directions))
    for key, direction in reversed(list(zip(keys, directions, strict=True))):
        present = [item for item in items if item[key] is not None]
        absent = [item for item in items if item[key] is None]
        present.sort(key=operator.itemgetter(key), reverse=direction == "desc")
        items[:] = present + absent
