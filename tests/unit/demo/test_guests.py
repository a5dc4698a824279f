# SPDX-License-Identifier: Apache-2.0
"""`make demo GUESTS=1` has an OpenStack of its own."""

import os

import pytest
from demo import guests, openstack
from demo.openstack import OpenStack
from demo.place import Place


@pytest.mark.parametrize(("variable", "asked"), [("", ["up"]), ("1", ["up", "--guests"])])
def test_guests_are_asked_for(
    place: Place, monkeypatch: pytest.MonkeyPatch, variable: str, asked: list[str]
) -> None:
    """The option goes to devstack/standalone, and only when it is wanted."""
    monkeypatch.setenv("GUESTS", variable)
    monkeypatch.setattr(openstack, "_alive", list)
    given = []

    def run(argv: list[str]) -> int:
        given.append(argv[1:])
        return 0

    monkeypatch.setattr(openstack, "run", run)
    OpenStack(place).up()
    assert given == [asked]


def test_place_that_was_chosen_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what is not set gets the default."""
    monkeypatch.setattr(os, "environ", {"KIC_VM_STANDALONE_DIR": "/srv/mine"})
    guests.choose_place()
    assert os.environ == {
        "KIC_VM_STANDALONE_DIR": "/srv/mine",
        "KIC_VM_STANDALONE_PORT_OFFSET": "3000",
    }
