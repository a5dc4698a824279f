# SPDX-License-Identifier: Apache-2.0
"""OpenStack's own calls, without anything between: what there is to win or lose against."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import requests

from kic_vm.adapters.network import PORT_FIELDS

JSON = dict[str, Any]

_POOL = ThreadPoolExecutor(8)


@dataclasses.dataclass(frozen=True)
class Call:
    """One GET, and the name of the list in its answer where it is continued."""

    service: str
    path: str
    version: str | None = None
    key: str | None = None


class Raw:
    """The services at their addresses, with one token."""

    def __init__(self, endpoints: dict[str, str], token: str) -> None:
        self._endpoints = endpoints
        self._session = requests.Session()
        self._session.headers["X-Auth-Token"] = token

    def fetch(self, call: Call) -> list[JSON]:
        """What is answered, page by page, read as JSON."""
        headers = {}
        if call.version:
            kind = "volume" if call.service == "block-storage" else call.service
            headers["OpenStack-API-Version"] = f"{kind} {call.version}"
        url: str | None = self._endpoints[call.service].rstrip("/") + call.path
        bodies = []
        while url:
            response = self._session.get(url, headers=headers, timeout=120)
            response.raise_for_status()
            body: JSON = response.json()
            bodies.append(body)
            links = body.get(f"{call.key}_links", []) if call.key else []
            url = next((link["href"] for link in links if link["rel"] == "next"), None)
        return bodies

    def one_by_one(self, calls: list[Call]) -> list[list[JSON]]:
        """Each after the other."""
        return [self.fetch(call) for call in calls]

    def side_by_side(self, calls: list[Call]) -> list[list[JSON]]:
        """All at once."""
        return list(_POOL.map(self.fetch, calls))


def get_calls(server_id: str, volume_id: str, project_id: str) -> list[Call]:
    """What an instance is made of."""
    ports = urlencode(
        {"project_id": project_id, "device_id": server_id, "fields": PORT_FIELDS}, doseq=True
    )
    return [
        Call("compute", f"/servers/{server_id}", "2.90"),
        Call("network", f"/v2.0/ports?{ports}"),
        _floating_ips(project_id),
        Call("block-storage", f"/volumes/{volume_id}", "3.64"),
    ]


def list_calls(project_id: str) -> list[Call]:
    """What a list of instances is made of."""
    ports = urlencode({"project_id": project_id, "fields": PORT_FIELDS}, doseq=True)
    return [
        Call("compute", "/servers/detail?limit=1000", "2.90", "servers"),
        Call("block-storage", "/volumes/detail?limit=1000", "3.64", "volumes"),
        Call("network", f"/v2.0/ports?{ports}"),
        _floating_ips(project_id),
    ]


def volume_calls() -> list[Call]:
    """What a list of volumes is made of."""
    return [
        Call("compute", "/servers/detail?limit=1000", "2.1", "servers"),
        Call("block-storage", "/volumes/detail?limit=1000", "3.64", "volumes"),
        Call("block-storage", "/snapshots/detail?status=creating", "3.41"),
    ]


def _floating_ips(project_id: str) -> Call:
    fields = ["floating_ip_address", "fixed_ip_address", "port_id"]
    query = urlencode({"project_id": project_id, "fields": fields}, doseq=True)
    return Call("network", f"/v2.0/floatingips?{query}")
