# SPDX-License-Identifier: Apache-2.0
"""What is measured: one thing in several ways, in front of any OpenStack."""

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import openstack

from bench import raw
from bench.measure import SLOW, Ways
from bench.skyline import Skyline
from bench.skyline_environment import PACKAGE
from tests.functional.client import Client

JSON = dict[str, Any]

GATEWAY: Final = "kic-vm"
SIDE_BY_SIDE: Final = "raw calls side by side"
ONE_BY_ONE: Final = "raw calls one by one"
SLOWEST: Final = "slowest raw call"
NOVA: Final = "raw list of servers alone"
SDK: Final = "openstacksdk"
COMMAND: Final = "openstack command"
SKYLINE: Final = PACKAGE


@dataclasses.dataclass(frozen=True)
class Cloud:
    """An OpenStack with a project in it, and the ways to look at it."""

    client: Client
    """Of the gateway."""
    raw: raw.Raw
    sdk: openstack.connection.Connection
    project_id: str
    server: JSON
    """One of the machines, as Nova shows it."""
    command: Callable[..., object] | None = None
    """Runs the openstack command with arguments."""
    skyline: Skyline | None = None


def cases(cloud: Cloud) -> dict[str, Ways]:
    """Every case by its name."""
    return {
        "get": _get(cloud),
        "list": _list(cloud),
        "known list": _known_list(cloud),
        "page of 20": _page(cloud),
        "filtered list": _filtered(cloud),
        "volume list": _volumes(cloud),
        **{f"page of {size} volumes": _volume_page(cloud, size) for size in (20, 100)},
    }


def volume_id_of(server: JSON) -> str:
    """The first volume of a machine."""
    found: str = server["os-extended-volumes:volumes_attached"][0]["id"]
    return found


def _get(cloud: Cloud) -> Ways:
    server_id = cloud.server["id"]
    calls = raw.get_calls(server_id, volume_id_of(cloud.server), cloud.project_id)
    compute, network = cloud.sdk.compute, cloud.sdk.network
    ways: dict[str, Callable[[], object]] = {
        GATEWAY: partial(cloud.client.get, f"/api/v1/instances/{server_id}"),
        **{f"only {call.service}: {_noun(call)}": partial(cloud.raw.fetch, call) for call in calls},
        SIDE_BY_SIDE: partial(cloud.raw.side_by_side, calls),
        ONE_BY_ONE: partial(cloud.raw.one_by_one, calls),
        SDK: lambda: [
            compute.get_server(server_id),
            list(network.ports(device_id=server_id)),
            list(network.ips()),
            cloud.sdk.block_storage.get_volume(volume_id_of(cloud.server)),
        ],
    }
    return {**ways, **_command(cloud, "server", "show", server_id)}


def _noun(call: raw.Call) -> str:
    return call.path.removeprefix("/v2.0").split("?")[0].split("/")[1]


def _list(cloud: Cloud) -> Ways:
    calls = raw.list_calls(cloud.project_id)
    ways: dict[str, Callable[[], object]] = {
        GATEWAY: partial(cloud.client.get, "/api/v1/instances", limit=1000),
        SIDE_BY_SIDE: partial(cloud.raw.side_by_side, calls),
        ONE_BY_ONE: partial(cloud.raw.one_by_one, calls),
        f"{SDK}, servers alone" + SLOW: lambda: list(cloud.sdk.compute.servers()),
        f"{SDK}, all lists" + SLOW: lambda: [
            list(cloud.sdk.compute.servers()),
            list(cloud.sdk.block_storage.volumes()),
            list(cloud.sdk.network.ports()),
            list(cloud.sdk.network.ips()),
        ],
    }
    return {**ways, **_skyline_servers(cloud, 1000), **_command(cloud, "server", "list")}


def _known_list(cloud: Cloud) -> Ways:
    """A list that the gateway knows, and Nova's own list of the same instances."""
    servers = raw.list_calls(cloud.project_id)[0]

    def known() -> None:
        path, headers = "/api/v1/instances", {"Cache-Control": "max-age=3600"}
        response = cloud.client.request("GET", path, params={"limit": 1000}, headers=headers)
        response.raise_for_status()
        response.json()

    return {GATEWAY: known, NOVA: partial(cloud.raw.fetch, servers)}


def _page(cloud: Cloud) -> Ways:
    path = "/servers/detail?limit=20"
    return {
        GATEWAY: partial(cloud.client.get, "/api/v1/instances", limit=20),
        f"{GATEWAY}, the whole list": partial(cloud.client.get, "/api/v1/instances", limit=1000),
        "raw page of servers, no count": partial(
            cloud.raw.fetch, raw.Call("compute", path, "2.90")
        ),
        SIDE_BY_SIDE: partial(cloud.raw.side_by_side, raw.list_calls(cloud.project_id)),
        **_skyline_servers(cloud, 20),
    }


def _filtered(cloud: Cloud) -> Ways:
    name = cloud.server["name"]
    calls = raw.list_calls(cloud.project_id)
    return {
        GATEWAY: partial(cloud.client.get, "/api/v1/instances", name=name),
        SIDE_BY_SIDE: partial(cloud.raw.side_by_side, calls),
        f"{SDK}, servers alone" + SLOW: lambda: list(cloud.sdk.compute.servers(name=name)),
    }


def _volumes(cloud: Cloud) -> Ways:
    calls = raw.volume_calls()
    ways: dict[str, Callable[[], object]] = {
        GATEWAY: partial(cloud.client.get, "/api/v1/volumes", limit=1000),
        SIDE_BY_SIDE: partial(cloud.raw.side_by_side, calls),
        ONE_BY_ONE: partial(cloud.raw.one_by_one, calls),
        f"{SDK}, volumes alone" + SLOW: lambda: list(cloud.sdk.block_storage.volumes()),
    }
    return {**ways, **_command(cloud, "volume", "list")}


def _volume_page(cloud: Cloud, size: int) -> Ways:
    """A page is what skyline-apiserver can list: for each volume, it lists all servers."""
    ways: dict[str, Callable[[], object]] = {
        GATEWAY: partial(cloud.client.get, "/api/v1/volumes", limit=size)
    }
    if cloud.skyline:
        ways[SKYLINE + SLOW] = partial(cloud.skyline.volumes, size)
    return ways


def _skyline_servers(cloud: Cloud, limit: int) -> Ways:
    return {SKYLINE: partial(cloud.skyline.servers, limit)} if cloud.skyline else {}


def _command(cloud: Cloud, *arguments: str) -> Ways:
    if cloud.command is None:
        return {}
    return {COMMAND + SLOW: partial(cloud.command, *arguments)}
