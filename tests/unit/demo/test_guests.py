# SPDX-License-Identifier: Apache-2.0
"""`make demo GUESTS=1` has an OpenStack of its own."""

import os

import pytest
from demo import guests, openstack
from demo.openstack import OpenStack


@pytest.mark.parametrize(("variable", "asked"), [("", ["up"]), ("1", ["up", "--guests"])])
def test_guests_are_asked_for(place, monkeypatch, variable, asked):
    """The option goes to devstack/standalone, and only when it is wanted."""
    monkeypatch.setenv("GUESTS", variable)
    monkeypatch.setattr(openstack, "_alive", list)
    given = []
    monkeypatch.setattr(openstack, "run", lambda argv: given.append(argv[1:]) or 0)
    OpenStack(place).up()
    assert given == [asked]


def test_place_that_was_chosen_is_kept(monkeypatch):
    """Only what is not set gets the default."""
    monkeypatch.setattr(os, "environ", {"KIC_VM_STANDALONE_DIR": "/srv/mine"})
    guests.choose_place()
    assert os.environ == {
        "KIC_VM_STANDALONE_DIR": "/srv/mine",
        "KIC_VM_STANDALONE_PORT_OFFSET": "3000",
    }
