"""Whole lists from pages."""

from typing import Any

import pytest

from kic_vm.adapters import paging

JSON = dict[str, Any]


class Pages:
    """A service that gives its answers one after the other."""

    def __init__(self, *answers: JSON) -> None:
        self._answers = iter(answers)
        self.markers: list[str | None] = []

    def __call__(self, marker: str | None) -> JSON:
        self.markers.append(marker)
        return next(self._answers)


def item(name: str) -> JSON:
    return {"id": name}


NEXT = {"things_links": [{"rel": "next", "href": "x"}]}
PREVIOUS = {"things_links": [{"rel": "previous", "href": "x"}]}


@pytest.mark.parametrize(
    ("answers", "found", "markers"),
    [
        ([{"things": []}], [], [None]),
        ([{"things": [item("a")]}], ["a"], [None]),
        ([{"things": [item("a")], **PREVIOUS}], ["a"], [None]),
        (
            [{"things": [item("a"), item("b")], **NEXT}, {"things": [item("c")]}],
            ["a", "b", "c"],
            [None, "b"],
        ),
        ([{"things": [item("a")], "next": "/x"}, {"things": []}], ["a"], [None, "a"]),
        ([{"things": [], **NEXT}], [], [None]),
    ],
)
def test_follow(answers: list[JSON], found: list[str], markers: list[str | None]) -> None:
    """Pages are asked for while the last one announced another, after its last item."""
    pages = Pages(*answers)
    assert [one["id"] for one in paging.follow(pages, "things")] == found
    assert pages.markers == markers


def test_keypairs() -> None:
    """Nova's keypairs continue after a name."""
    pages = Pages({"things": [{"keypair": {"name": "k"}}], **NEXT}, {"things": []})
    assert len(paging.follow(pages, "things")) == 1
    assert pages.markers == [None, "k"]
