# SPDX-License-Identifier: Apache-2.0
"""Filtering, sorting and cutting lists."""

from typing import Any

import pytest

from kic_vm import exceptions
from kic_vm.operations import listing
from kic_vm.schemas import filters

JSON = dict[str, Any]
PAGING = {"limit": 20, "offset": 0, "sort_keys": ["name"], "sort_dirs": ["asc"]}
STAMP = "2026-11-23T10:47:01.250000Z"


def select(items: list[JSON], **query: Any) -> list[str]:
    filters = {"size": listing.equals("size"), "name": listing.contains("name")}
    found, _pagination = listing.select(items, PAGING | query, filters)
    return [item["name"] for item in found]


@pytest.mark.parametrize(
    ("wanted", "does"),
    [
        ("2026-11-23", True),
        ("2026-11-23T10", True),
        ("2026-11-23T10:47", True),
        ("2026-11-23T10:47:01Z", True),
        ("2026-11-23T19:47:01+09:00", True),
        ("2026-11-23T10:47:01.999Z", True),
        ("10:47", True),
        ("19:47+09:00", True),
        ("10:48", False),
        ("2026-11-24", False),
        ("2026-11-23T10:47:02Z", False),
        ("2026-11-23T10:47:01+09:00", False),
    ],
)
def test_dated(wanted: str, does: bool) -> None:
    """A time is matched by its second, minute, hour or day, in any offset."""
    period = filters.Moment().deserialize(wanted)
    assert listing.dated("created_at")({"created_at": STAMP}, period) is does


def test_dated_without_a_time() -> None:
    """No period covers an item without a time."""
    period = filters.Moment().deserialize("2026")
    assert not listing.dated("created_at")({"created_at": None}, period)


def test_paths() -> None:
    """A filter may look into an object, and one that is null has nothing to look into."""
    match = listing.equals("image", "name")
    assert match({"image": {"name": "n"}}, "n")
    assert not match({"image": None}, "n")


def test_members() -> None:
    """A filter may look at the members of a collection."""
    match = listing.any_equals("addresses", "ip")
    assert match({"addresses": [{"ip": "1"}, {"ip": "2"}]}, "2")
    assert not match({"addresses": []}, "2")


def test_sorting_is_stable() -> None:
    """Equal items keep their order, and those without the key are last in both directions."""
    items = [
        {"name": name, "size": size} for name, size in (("a", 1), ("b", None), ("c", 2), ("d", 1))
    ]
    assert select(items, sort_keys=["size"]) == ["a", "d", "c", "b"]
    assert select(items, sort_keys=["size"], sort_dirs=["desc"]) == ["c", "a", "d", "b"]


def test_more_directions_than_keys() -> None:
    """It cannot be said what they would mean: refused."""
    with pytest.raises(exceptions.InvalidRequest, match="sort_dirs"):
        select([], sort_dirs=["asc", "desc"])


def test_pages_are_cut_after_filtering() -> None:
    """The total is what the filters have left."""
    items = [{"name": f"n{number}", "size": number % 2} for number in range(10)]
    found, pagination = listing.select(
        items, PAGING | {"size": 1, "limit": 2, "offset": 2}, {"size": listing.equals("size")}
    )
    assert [item["name"] for item in found] == ["n5", "n7"]
    assert pagination == {"total": 5, "offset": 2, "limit": 2}


def test_empty_directions() -> None:
    """None at all is the default one for every key."""
    items = [{"name": "a", "size": 1}, {"name": "b", "size": 2}]
    assert select(items, sort_keys=["size"], sort_dirs=[]) == ["b", "a"]
