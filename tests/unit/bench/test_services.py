# SPDX-License-Identifier: Apache-2.0
"""The replayed OpenStack: it has what the gateway joins, and pages as the real one."""

import json
from typing import Any

import pytest

from bench import services
from bench.services import Services

JSON = dict[str, Any]


@pytest.fixture(scope="module")
def replayed() -> Services:
    """A project with 2,001 machines."""
    return Services(2001, "http://127.0.0.1:1")


def get(replayed: Services, target: str, microversion: str = "") -> JSON:
    status, text = replayed.get(target, microversion)
    assert status == 200, target
    body: JSON = json.loads(text)
    return body


def whole(replayed: Services, target: str, key: str, microversion: str) -> list[JSON]:
    """A list, page by page."""
    items: list[JSON] = []
    while target:
        body = get(replayed, target, microversion)
        items += body[key]
        links = body.get(f"{key}_links", [])
        target = links[0]["href"].removeprefix("http://127.0.0.1:1") if links else ""
    return items


@pytest.mark.parametrize("microversion", ["2.1", "2.90", "2.96"])
def test_machines(replayed: Services, microversion: str) -> None:
    """Each machine is there once, newest first, with a volume and a port of its own."""
    servers = whole(replayed, "/compute/v2.1/servers/detail?limit=1000", "servers", microversion)
    volumes = whole(replayed, "/block-storage/v3/volumes/detail", "volumes", "3.64")
    ports = get(replayed, "/network/v2.0/ports?fields=id&fields=device_id")["ports"]
    ids = [server["id"] for server in servers]
    assert len(set(ids)) == 2001
    assert sorted(servers, key=lambda server: server["created"], reverse=True) == servers
    assert [port["device_id"] for port in ports] == ids
    attached = [server["os-extended-volumes:volumes_attached"][0]["id"] for server in servers]
    assert [volume["id"] for volume in volumes] == attached
    assert [volume["attachments"][0]["server_id"] for volume in volumes] == ids


def test_full_page(replayed: Services) -> None:
    """A full page announces another one, as Nova's does."""
    body = get(replayed, "/compute/v2.1/servers?limit=3")
    assert [link["rel"] for link in body["servers_links"]] == ["next"]
    rest = get(replayed, f"/compute/v2.1/servers?limit=3000&marker={body['servers'][2]['id']}")
    assert len(rest["servers"]) == services.PAGE


def test_filters(replayed: Services) -> None:
    """Ports and servers are found by what the gateway and others ask for."""
    server = get(replayed, "/compute/v2.1/servers/detail?name=web-00007")["servers"]
    assert [one["name"] for one in server] == ["web-00007"]
    two = [one["id"] for one in get(replayed, "/compute/v2.1/servers?limit=2")["servers"]]
    query = "&".join(f"device_id={one}" for one in two)
    ports = get(replayed, f"/network/v2.0/ports?{query}&fields=device_id")["ports"]
    assert ports == [{"device_id": one} for one in two]


def test_nothing_there(replayed: Services) -> None:
    """What is not recorded is not answered."""
    assert replayed.get("/compute/v2.1/servers/unknown", "")[0] == 404
    assert replayed.get("/compute/v2.1/os-keypairs", "")[0] == 404


def test_cells(replayed: Services) -> None:
    """Every compute host responds, so that lists of several pages are whole."""
    shown = get(replayed, "/compute/v2.1/os-services?binary=nova-compute", "2.69")["services"]
    assert [service["status"] for service in shown] == ["enabled"]
