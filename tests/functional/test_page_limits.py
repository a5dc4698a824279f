# SPDX-License-Identifier: Apache-2.0
"""Services that give few items in an answer: the gateway's lists are whole all the same."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.functional.client import Client, Gateway
from tests.functional.second_api import second_api
from tests.functional.volumes import Volumes

# Neutron with the database of the first one and without its OVN: this one only reads.
NEUTRON = {
    "DEFAULT": {"pagination_max_limit": "1", "service_plugins": "router"},
    "ml2": {"mechanism_drivers": ""},
}
CINDER = {"DEFAULT": {"osapi_max_limit": "1"}}
GLANCE = {"DEFAULT": {"api_limit_max": "1", "limit_param_default": "1"}}


@pytest.fixture(scope="module")
def neutron_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the second Neutron."""
    return tmp_path_factory.mktemp("neutron")


@pytest.fixture(scope="module")
def limited(
    standalone: Path,
    start_gateway: Callable[..., Gateway],
    tmp_path_factory: pytest.TempPathFactory,
    neutron_directory: Path,
) -> Iterator[Gateway]:
    """A gateway whose Cinder, Glance and Neutron give one item at a time."""
    with (
        second_api("cinder-api", tmp_path_factory.mktemp("cinder"), CINDER) as cinder,
        second_api("glance", tmp_path_factory.mktemp("glance"), GLANCE) as glance,
        second_api("neutron-api", neutron_directory, NEUTRON) as neutron,
    ):
        yield start_gateway(
            cinder={"endpoint_override": f"{cinder}/v3"},
            glance={"endpoint_override": glance},
            neutron={"endpoint_override": neutron},
        )


def test_events_of_the_first_neutron(limited: Gateway, neutron_directory: Path) -> None:
    """The second Neutron does not take OVN's events from the first one on the same host."""
    log = (neutron_directory / "neutron-api.log").read_text()
    assert log
    assert "Hash Ring" not in log


@pytest.fixture
def filled(volumes: Volumes) -> None:
    """Two volumes and two snapshots, so that these lists have several pages."""
    for volume_id in [volumes.make(), volumes.make()]:
        volumes.watch(volume_id, "available")
        volumes.snapshot(volume_id)


def check_same(persona: Callable[[str], Client], limited: Gateway, path: str) -> None:
    """A list is what it is where the services give all at once, if nobody changes it meanwhile."""
    whole = persona("kic-admin")
    other = Client(limited.url, whole.token)
    for _attempt in range(5):
        expected = whole.get(f"/api/v1/{path}", limit=1000)
        found = other.get(f"/api/v1/{path}", limit=1000)
        if found == expected:
            break
    assert found == expected


@pytest.mark.parametrize("path", ["volumes", "snapshots"])
def test_lists_of_volumes(
    persona: Callable[[str], Client], limited: Gateway, filled: None, path: str
) -> None:
    """Lists of several pages of Cinder."""
    check_same(persona, limited, path)


@pytest.mark.parametrize(
    "path",
    [
        "volumes/types",
        "images",
        "vpcs",
        "subnets",
        "security-groups",
        "network-interfaces",
        "public-ips",
        "route-tables",
    ],
)
def test_lists(persona: Callable[[str], Client], limited: Gateway, path: str) -> None:
    """Lists of what is in the cloud anyway."""
    check_same(persona, limited, path)


def test_calls(persona: Callable[[str], Client], limited: Gateway, filled: None) -> None:
    """The services do give one item at a time: a list is a call for each, and one that is empty."""
    client = Client(limited.url, persona("kic-admin").token)
    total = client.get("/api/v1/snapshots")["pagination"]["total"]
    list_all = partial(client.get, "/api/v1/snapshots")
    calls = limited.count_upstream_calls("/api/v1/snapshots", list_all)
    assert total >= 2
    assert calls == total + 1
