# SPDX-License-Identifier: Apache-2.0
"""Filter, sort and cut a list as the contract's list operations do."""

import dataclasses
import operator
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from marshmallow import fields

from kic_vm import exceptions
from kic_vm.cache.stored_lists import Pagination
from kic_vm.schemas.base import ListQuerySchema
from kic_vm.schemas.filters import Moment, PartOfName, Unavailable, normalized

# The type of a list's items.
Item = TypeVar("Item", bound=Mapping[str, Any])

PAGING: Final = {"limit", "offset", "sort_keys", "sort_dirs"}


@dataclasses.dataclass(frozen=True, slots=True)
class Match:
    """What a filter compares."""

    field: str
    """The field of an item that the comparison depends on."""
    is_match: Callable[[Mapping[str, Any], Any], bool]
    """Whether an item matches a value of the filter."""


def equals(*path: str) -> Match:
    """The item's field is the value."""
    return Match(path[0], lambda item, value: _same(_field(item, path), value))


def contains(*path: str) -> Match:
    """The item's text has the value in it: documented for names."""
    return Match(
        path[0], lambda item, value: normalized(value) in normalized(str(_field(item, path) or ""))
    )


def any_equals(collection: str, field: str) -> Match:
    """One member of the item's collection has the value in that field."""
    return Match(
        collection,
        lambda item, value: any(_same(member[field], value) for member in item[collection]),
    )


def dated(*path: str) -> Match:
    """The item's time lies in the period that the value names."""
    return Match(path[0], lambda item, value: value.covers(_field(item, path)))


def filters_of(query: type[ListQuerySchema], **other_fields: Match) -> dict[str, Match]:
    """What each filter of a list compares.

    A filter compares the item's field of the same name, by the rule of its kind.

    :param query: the schema of the list's query, which has all filters
    :param other_fields: the filters that compare another field
    :raises TypeError: the query has no such filter, or the list's items have no such field
    """
    parameters = {
        name: field
        for name, field in query().fields.items()
        if name not in PAGING and not isinstance(field, Unavailable)
    }
    if excess := other_fields.keys() - parameters.keys():
        raise TypeError(f"{query.__name__} has no filter {', '.join(sorted(excess))}")
    filters = {name: _default(name, field) for name, field in parameters.items()} | other_fields
    item_fields = query.item().fields
    for name, match in filters.items():
        if match.field not in item_fields:
            raise TypeError(
                f"{query.item.__name__} has no field {match.field} for the filter {name}"
            )
    return filters


def _default(name: str, field: fields.Field[Any]) -> Match:
    match field:
        case PartOfName():
            return contains(name)
        case Moment():
            return dated(name)
    return equals(name)


def _same(value: Any, wanted: Any) -> bool:
    """Whether they are equal; for texts, as all filters compare them."""
    if isinstance(value, str) and isinstance(wanted, str):
        return normalized(value) == normalized(wanted)
    return bool(value == wanted)


def _field(item: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = item
    for key in path:
        value = value.get(key) if value is not None else None
    return value


def select(
    items: list[Item], query: Mapping[str, Any], filters: Mapping[str, Match]
) -> tuple[list[Item], Pagination]:
    """One page of a list, and the contract's ``pagination`` for it.

    :param query: the operation's query parameters, already of their types
    :param filters: what each of them means; parameters of paging and sorting aside
    :raises InvalidRequest: there are more sort directions than keys
    """
    found = items[:]
    for name, value in query.items():
        if name not in PAGING:
            is_match = filters[name].is_match
            found = [item for item in found if is_match(item, value)]
    _sort(found, query["sort_keys"], query["sort_dirs"])
    limit, offset = query["limit"], query["offset"]
    return found[offset : offset + limit], {
        "total": len(found),
        "offset": offset,
        "limit": limit,
    }


def _sort(items: list[Item], keys: list[str], directions: list[str]) -> None:
    """Sort in place, the first key counting most; what lacks a key comes last in any direction."""
    if len(directions) > len(keys):
        raise exceptions.InvalidField("sort_dirs", "there are more of them than sort_keys.")
    directions = directions + (directions[-1:] or ["desc"]) * (len(keys) - len(directions))
    for key, direction in reversed(list(zip(keys, directions, strict=True))):
        present = [item for item in items if item[key] is not None]
        absent = [item for item in items if item[key] is None]
        present.sort(key=operator.itemgetter(key), reverse=direction == "desc")
        items[:] = present + absent
