# SPDX-License-Identifier: Apache-2.0
"""Filtering, sorting and cutting lists."""

from typing import Any

import pytest
from marshmallow import Schema, fields

from kic_vm import exceptions
from kic_vm.operations import listing
from kic_vm.schemas import base, filters

JSON = dict[str, Any]
PAGING = {"limit": 20, "offset": 0, "sort_keys": ["name"], "sort_dirs": ["asc"]}
STAMP = "2026-11-23T10:47:01.250000Z"


class ItemSchema(Schema):
    """An item of a list."""

    name = fields.String()
    made_at = fields.String()
    size = fields.Integer()
    os = fields.Dict()


QUERY = base.query_schema(
    ItemSchema,
    name=filters.PartOfName(),
    made_at=filters.Moment(),
    size=fields.Integer(),
    image=filters.Text(),
    created_at=filters.Unavailable(),
)


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
    assert listing.dated("created_at").is_match({"created_at": STAMP}, period) is does


def test_dated_without_a_time() -> None:
    """No period covers an item without a time."""
    period = filters.Moment().deserialize("2026")
    assert not listing.dated("created_at").is_match({"created_at": None}, period)


def test_paths() -> None:
    """A filter may look into an object, and one that is null has nothing to look into."""
    is_match = listing.equals("image", "name").is_match
    assert is_match({"image": {"name": "n"}}, "n")
    assert not is_match({"image": None}, "n")


def test_members() -> None:
    """A filter may look at the members of a collection."""
    is_match = listing.any_equals("addresses", "ip").is_match
    assert is_match({"addresses": [{"ip": "1"}, {"ip": "2"}]}, "2")
    assert not is_match({"addresses": []}, "2")


def test_filters_of_a_query() -> None:
    """Each parameter of the query is a filter, by the rule of its kind."""
    found = listing.filters_of(QUERY, image=listing.equals("os", "type"))
    assert found.keys() == {"name", "made_at", "size", "image"}, "created_at is not available"
    item = {"name": "web-1", "made_at": STAMP, "size": 5, "os": {"type": "linux"}}
    period = filters.Moment().deserialize("2026")
    for name, value in {"name": "WEB", "made_at": period, "size": 5, "image": "Linux"}.items():
        assert found[name].is_match(item, value), name
    assert found["image"].field == "os"


@pytest.mark.parametrize(
    ("other_fields", "words"),
    [
        ({}, "ItemSchema has no field image for the filter image"),
        ({"image": listing.equals("kernel")}, "ItemSchema has no field kernel"),
        (
            {"image": listing.equals("os"), "colour": listing.equals("size")},
            "ItemListQuerySchema has no filter colour",
        ),
    ],
)
def test_wrong_filters(other_fields: dict[str, listing.Match], words: str) -> None:
    """A filter that nothing defines, or that compares nothing, is refused when it is declared."""
    with pytest.raises(TypeError, match=words):
        listing.filters_of(QUERY, **other_fields)


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
