# SPDX-License-Identifier: Apache-2.0
"""Whole lists from pages."""

from typing import Any

import pytest

from kic_vm import exceptions
from kic_vm.adapters import paging
from kic_vm.adapters.service import Answer

JSON = dict[str, Any]


class Pages:
    """A service that gives its answers one after the other."""

    def __init__(self, *answers: JSON | Exception) -> None:
        self._answers = iter(answers)
        self.markers: list[str | None] = []

    def __call__(self, marker: str | None) -> Answer:
        self.markers.append(marker)
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return Answer("compute", answer)


def item(name: str) -> JSON:
    return {"id": name}


NEXT: JSON = {"things_links": [{"rel": "next", "href": "x"}]}
PREVIOUS: JSON = {"things_links": [{"rel": "previous", "href": "x"}]}


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
    things: list[JSON] = paging.follow(pages, "things")
    assert [one["id"] for one in things] == found
    assert pages.markers == markers


def test_keypairs() -> None:
    """Nova's keypairs continue after a name."""
    pages = Pages({"things": [{"keypair": {"name": "k"}}], **NEXT}, {"things": []})
    found: list[JSON] = paging.follow(
        pages, "things", marker_of=lambda one: str(one["keypair"]["name"])
    )
    assert len(found) == 1
    assert pages.markers == [None, "k"]


def test_links_of_another_name() -> None:
    """Not every service names its links after the list."""
    pages = Pages({"things": [item("a")], "links": [{"rel": "next"}]}, {"things": [item("b")]})
    assert len(paging.follow(pages, "things", links="links")) == 2


@pytest.mark.parametrize("error", [exceptions.NotFound(), exceptions.InvalidRequest()])
def test_marker_that_went(error: Exception) -> None:
    """The item that a page ends with is deleted before the next one is read: all over again."""
    pages = Pages({"things": [item("a")], **NEXT}, error, {"things": [item("b")]})
    assert paging.follow(pages, "things") == [item("b")]
    assert pages.markers == [None, "a", None]


def test_markers_that_go_all_the_time() -> None:
    """It is not tried for ever."""
    answers: list[JSON | Exception] = [{"things": [item("a")], **NEXT}, exceptions.NotFound()]
    pages = Pages(*answers * 3)
    with pytest.raises(exceptions.UpstreamError):
        paging.follow(pages, "things")


@pytest.mark.parametrize("error", [exceptions.NotFound(), exceptions.UpstreamTimeout("compute")])
def test_failing_list(error: Exception) -> None:
    """What the first page fails with is what the list fails with."""
    with pytest.raises(type(error)):
        paging.follow(Pages(error), "things")


def test_endless_list() -> None:
    """A service that gives the same pages again and again is at fault."""
    pages = Pages(*[{"things": [item("a")], **NEXT}, {"things": [item("b")], **NEXT}] * 2)
    with pytest.raises(exceptions.UpstreamError):
        paging.follow(pages, "things")
