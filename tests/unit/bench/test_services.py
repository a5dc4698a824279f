# SPDX-License-Identifier: Apache-2.0
"""The replayed OpenStack: it has what the gateway joins, and pages as the real one."""

import json
import re
import uuid
from typing import Any
from urllib.parse import urlencode

import pytest

from bench import recorded, services, tenants
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


def test_filters_of_members(replayed: Services) -> None:
    """Nova ignores the filters that only administrators may use, and filters by status."""
    target = "/compute/v2.1/servers/detail?limit=2"
    two = get(replayed, target, "2.79")["servers"]
    for more in (f"&uuid={two[1]['id']}", "&deleted=True", "&status=active"):
        assert get(replayed, target + more, "2.79")["servers"] == two
    query = f"status=soft_deleted&deleted=True&uuid={two[1]['id']}"
    assert not get(replayed, f"/compute/v2.1/servers/detail?{query}", "2.79")["servers"]


def test_hostname(replayed: Services) -> None:
    """Nova shows the hostname to members from microversion 2.90 on."""
    old, new = (
        get(replayed, "/compute/v2.1/servers/detail?limit=1", version)["servers"][0]
        for version in ("2.79", "2.90")
    )
    assert new.keys() - old.keys() == {"OS-EXT-SRV-ATTR:hostname"}


def test_volumes_by_id(replayed: Services) -> None:
    """Cinder lists the volumes with the ids of a list, and counts them if it is asked to."""
    target = "/block-storage/v3/volumes/detail"
    ids = [volume["id"] for volume in get(replayed, f"{target}?limit=3")["volumes"]]
    query = urlencode({"id": str(ids), "with_count": True, "all_tenants": True})
    body = get(replayed, f"{target}?{query}", "3.59")
    assert [volume["id"] for volume in body["volumes"]] == ids
    assert body["count"] == 3
    assert "count" not in get(replayed, f"{target}?limit=3", "3.59")


def test_versions_of_ids() -> None:
    """The recorded ids are of version 4, as those of the services: clients check it."""
    text = recorded.FILE.read_text()
    ids = re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", text)
    assert {uuid.UUID(one).version for one in ids} == {4}


def test_nothing_there() -> None:
    """What is not recorded is not answered, and its path is kept."""
    replayed = Services(1, "http://127.0.0.1:1")
    assert replayed.get("/compute/v2.1/servers/unknown", "")[0] == 404
    assert replayed.get("/compute/v2.1/os-keypairs", "")[0] == 404
    assert replayed.unknown_paths == {"/compute/v2.1/os-keypairs"}


def test_cells(replayed: Services) -> None:
    """Every compute host responds, so that lists of several pages are whole."""
    shown = get(replayed, "/compute/v2.1/os-services?binary=nova-compute", "2.69")["services"]
    assert [service["status"] for service in shown] == ["enabled"]
    target = f"/compute/v2.1/os-simple-tenant-usage/{'a' * 32}?start=now&end=later&limit=1000"
    ids, marker = set(), ""
    while True:
        report = get(replayed, f"{target}{marker}", "2.40")
        ids |= {usage["instance_id"] for usage in report["tenant_usage"]["server_usages"]}
        if "tenant_usage_links" not in report:
            break
        marker = f"&marker={max(ids)}"
    listed = whole(replayed, "/compute/v2.1/servers/detail", "servers", "2.90")
    assert ids == {server["id"] for server in listed}


def test_projects(replayed: Services) -> None:
    """Each project has ids of its own, by which its resources are found."""
    first, other = (
        json.loads(replayed.get("/compute/v2.1/servers/detail?limit=2", "2.90", number)[1])
        for number in (0, 7)
    )
    token = json.loads(replayed.token(7))["token"]
    assert {one["tenant_id"] for one in other["servers"]} == {token["project"]["id"]}
    assert token["project"]["id"] != json.loads(replayed.token())["token"]["project"]["id"]
    ids = [one["id"] for one in other["servers"]]
    assert not set(ids) & {one["id"] for one in first["servers"]}
    query = f"/network/v2.0/ports?device_id={ids[1]}&fields=device_id"
    assert json.loads(replayed.get(query, "", 7)[1])["ports"] == [{"device_id": ids[1]}]
    next_page = other["servers_links"][0]["href"].removeprefix("http://127.0.0.1:1")
    following = json.loads(replayed.get(next_page, "2.90", 7)[1])["servers"]
    assert {one["tenant_id"] for one in following} == {token["project"]["id"]}
    assert not set(ids) & {one["id"] for one in following}


def test_tokens() -> None:
    """The token says the project; any other token is of the first one."""
    assert [tenants.number_of(tenants.token_of(number)) for number in (0, 1, 200)] == [0, 1, 200]
    assert tenants.number_of("another") == 0
