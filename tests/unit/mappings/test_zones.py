# SPDX-License-Identifier: Apache-2.0
"""Availability zones, both ways."""

import pytest

from kic_vm import exceptions
from kic_vm.mappings.zones import Zones

ZONES = Zones({"kr-central-2-a": "one", "kr-central-2-b": "one", "kr-central-2-c": "three"})


def test_to_cloud() -> None:
    """Each of the clients' names leads to its zone."""
    assert [ZONES.to_cloud(name) for name in ZONES.names] == ["one", "one", "three"]


@pytest.mark.parametrize("name", ["one", "kr-central-2-d", ""])
def test_unknown_name(name: str) -> None:
    """Another name is refused with those there are."""
    with pytest.raises(exceptions.InvalidRequest, match="kr-central-2-a, kr-central-2-b"):
        ZONES.to_cloud(name)


@pytest.mark.parametrize(
    ("zone", "name"),
    [
        ("one", "kr-central-2-a"),
        ("three", "kr-central-2-c"),
        ("two", None),
        ("", None),
        (None, None),
    ],
)
def test_to_client(zone: str | None, name: str | None) -> None:
    """Where two names share a zone it is the first; a zone without a name is null."""
    assert ZONES.to_client(zone) == name
