# SPDX-License-Identifier: Apache-2.0
"""What the replayed services answer to a request: bytes, made once for each address."""

import ast
import functools
import json
import re
import time
import uuid
from collections.abc import Callable, Iterable
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from bench import recorded
from bench.actions import actions_of
from bench.tenants import Tenants
from bench.world import World

JSON = dict[str, Any]
Query = dict[str, list[str]]
Answer = tuple[int, bytes]

PAGE: Final = 1000  # what Nova and Cinder give at most
_LIFE: Final = 24 * 3600
# Nova ignores the filters that a member may not use; skyline-apiserver sends this one.
_IGNORED: Final = re.compile(r"(?<=[?&])(?:uuid|start|end)=[^&]*&?")


class Services:
    """All of them, at one address, each below its type.

    :param base: the address
    """

    def __init__(self, count: int, base: str) -> None:
        text = recorded.FILE.read_text().replace(recorded.BASE, base)
        found = json.loads(text)
        self._base = base
        self._discovery = {
            service: json.dumps(body).encode() for service, body in found["discovery"].items()
        }
        token = found["token"]["token"] | _valid()
        self._token = json.dumps({"token": token}).encode()
        self._tenants = Tenants(token["project"]["id"])
        self._lists = World(count).lists
        self._servers_by_id = {server["id"]: server for server in self._lists.servers["2.96"]}
        self._routes: list[tuple[re.Pattern[str], Callable[..., Answer]]] = [
            (re.compile(pattern), answer)
            for pattern, answer in (
                (r"/compute/v2\.1/servers/detail", self._servers),
                (r"/compute/v2\.1/servers", self._server_names),
                (r"/compute/v2\.1/servers/([^/]+)", self._server),
                (r"/compute/v2\.1/servers/([^/]+)/os-instance-actions", self._actions),
                (r"/compute/v2\.1/flavors/detail", self._flavors),
                (r"/compute/v2\.1/os-services", self._compute_services),
                (r"/compute/v2\.1/os-simple-tenant-usage/([^/]+)", self._usage_report),
                (r"/block-storage/v3/volumes/detail", self._volumes),
                (r"/block-storage/v3/volumes/([^/]+)", self._volume),
                (r"/block-storage/v3/snapshots/detail", self._snapshots),
                (r"/network/v2\.0/ports", self._ports),
                (r"/network/v2\.0/floatingips", self._floating_ips),
                (r"/network/v2\.0/security-groups", self._groups),
                (r"/image/v2/images", self._images),
                (r"/([a-z-]+)(?:/v[\d.]+)?/?", self._version),
            )
        ]
        self._of_first = functools.lru_cache(4096)(self._get)
        self.unknown_paths: set[str] = set()
        """The paths that were requested and that no service here has."""

    def token(self, project: int = 0) -> bytes:
        """A token that is valid, as Keystone tells it.

        :param project: the number of the token's project
        """
        return self._tenants.as_own(self._token, project)

    def get(self, target: str, microversion: str, project: int = 0) -> Answer:
        """The answer to a GET with a token of a project."""
        first = _IGNORED.sub("", self._tenants.as_first(target, project))
        status, body = self._of_first(first, microversion)
        return status, self._tenants.as_own(body, project)

    def _get(self, target: str, microversion: str) -> Answer:
        parts = urlsplit(target)
        query = parse_qs(parts.query)
        for pattern, answer in self._routes:
            match = pattern.fullmatch(parts.path)
            if match:
                return answer(*match.groups(), query=query, microversion=microversion)
        self.unknown_paths.add(parts.path)
        return 404, b'{"itemNotFound": {"code": 404, "message": "Not found."}}'

    def _version(self, service: str, **_kwargs: Any) -> Answer:
        found = self._discovery.get(service)
        return (300 if service == "image" else 200, found) if found else (404, b"{}")

    def _of(self, microversion: str) -> list[JSON]:
        versions = self._lists.servers
        return versions.get(microversion or "2.1") or versions["2.96"]

    def _servers(self, query: Query, microversion: str) -> Answer:
        found = _filtered(self._of(microversion), query)
        return self._page("servers", "/compute/v2.1/servers/detail", found, query)

    def _server_names(self, query: Query, microversion: str) -> Answer:
        found = [
            {key: server[key] for key in ("id", "name", "links")}
            for server in _filtered(self._of(microversion), query)
        ]
        return self._page("servers", "/compute/v2.1/servers", found, query)

    def _server(self, server_id: str, query: Query, microversion: str) -> Answer:
        return _one("server", server_id, self._of(microversion))

    def _actions(self, server_id: str, query: Query, microversion: str) -> Answer:
        found = actions_of(self._servers_by_id[server_id], uuid.UUID(server_id).int % 2**32)
        return _all("instanceActions", found)

    def _volumes(self, query: Query, microversion: str) -> Answer:
        path = "/block-storage/v3/volumes/detail"
        found = _with_ids(_made(self._lists.volumes, query), query)
        more = {"count": len(found)} if query.get("with_count") == ["True"] else {}
        return self._page("volumes", path, found, query, more)

    def _volume(self, volume_id: str, query: Query, microversion: str) -> Answer:
        return _one("volume", volume_id, self._lists.volumes)

    def _compute_services(self, query: Query, microversion: str) -> Answer:
        """One compute host that responds: the gateway asks for the cells of long lists."""
        service = {"id": "1", "binary": "nova-compute", "status": "enabled", "state": "up"}
        return _all("services", [service])

    def _usage_report(self, _project: str, query: Query, microversion: str) -> Answer:
        """What Nova reports of the servers: the gateway compares a long list with it."""
        found = sorted(self._servers_by_id)
        begin = found.index(query["marker"][0]) + 1 if "marker" in query else 0
        page = found[begin : begin + PAGE]
        usages = [{"instance_id": server_id, "state": "active"} for server_id in page]
        body: JSON = {"tenant_usage": {"server_usages": usages} if usages else {}}
        if len(page) == PAGE:
            body["tenant_usage_links"] = [{"rel": "next", "href": self._base}]
        return 200, json.dumps(body).encode()

    def _flavors(self, query: Query, microversion: str) -> Answer:
        return _all("flavors", self._lists.flavors)

    def _snapshots(self, query: Query, microversion: str) -> Answer:
        return _all("snapshots", [])

    def _ports(self, query: Query, microversion: str) -> Answer:
        found: Iterable[JSON] = self._lists.ports
        if "device_id" in query:
            wanted = set(query["device_id"])
            found = [port for port in found if port["device_id"] in wanted]
        return _all("ports", _fields(found, query))

    def _floating_ips(self, query: Query, microversion: str) -> Answer:
        found: Iterable[JSON] = self._lists.floatingips
        if "port_id" in query:
            wanted = set(query["port_id"])
            found = [item for item in found if item["port_id"] in wanted]
        return _all("floatingips", _fields(found, query))

    def _groups(self, query: Query, microversion: str) -> Answer:
        return _all("security_groups", _fields(self._lists.security_groups, query))

    def _images(self, query: Query, microversion: str) -> Answer:
        return _all("images", self._lists.images)

    def _page(
        self, key: str, path: str, items: list[JSON], query: Query, more: JSON | None = None
    ) -> Answer:
        """As Nova and Cinder page: a full page announces another one.

        :param more: is shown beside the page
        """
        limit = min(int(query.get("limit", [str(PAGE)])[0]), PAGE)
        begin = int(query.get("offset", ["0"])[0])
        if "marker" in query:
            ids = [item["id"] for item in items]
            begin += ids.index(query["marker"][0]) + 1
        page = items[begin : begin + limit]
        body: JSON = {key: page, **(more or {})}
        if len(page) == limit:
            address = f"{self._base}{path}?limit={limit}&marker={page[-1]['id']}"
            body[f"{key}_links"] = [{"rel": "next", "href": address}]
        return 200, json.dumps(body).encode()


def _valid() -> JSON:
    now = time.time()
    shown = [
        time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime(moment))
        for moment in (now - 60, now + _LIFE)
    ]
    return {"issued_at": shown[0], "expires_at": shown[1]}


def _filtered(servers: list[JSON], query: Query) -> list[JSON]:
    """Nova's own filters, as far as the gateway and the bench send them."""
    if "name" in query:
        pattern = re.compile(query["name"][0])
        servers = [server for server in servers if pattern.search(server["name"])]
    if "status" in query:
        statuses = {status.upper() for status in query["status"]}
        servers = [server for server in servers if server["status"] in statuses]
    if "changes-since" in query:
        servers = [server for server in servers if server["updated"] >= query["changes-since"][0]]
    return servers


def _made(volumes: list[JSON], query: Query) -> list[JSON]:
    """Cinder's filter by the time of creation."""
    if "created_at" not in query:
        return volumes
    first, last = (bound.partition(":")[2] for bound in query["created_at"][0].split(","))
    return [volume for volume in volumes if first <= volume["created_at"][:19] <= last]


def _with_ids(volumes: list[JSON], query: Query) -> list[JSON]:
    """Cinder's filter by a list of ids, which is written as in Python."""
    if "id" not in query:
        return volumes
    ids = set(ast.literal_eval(query["id"][0]))
    return [volume for volume in volumes if volume["id"] in ids]


def _fields(items: Iterable[JSON], query: Query) -> list[JSON]:
    if "fields" not in query:
        return list(items)
    return [{key: item[key] for key in query["fields"]} for item in items]


def _one(key: str, wanted: str, items: list[JSON]) -> Answer:
    for item in items:
        if item["id"] == wanted:
            return 200, json.dumps({key: item}).encode()
    return 404, b'{"itemNotFound": {"code": 404, "message": "Not found."}}'


def _all(key: str, items: list[JSON]) -> Answer:
    return 200, json.dumps({key: items}).encode()
