# SPDX-License-Identifier: Apache-2.0
"""Nova's lists of servers, in pages as it cuts them, and without the cells that are down."""

import copy
import uuid
from collections.abc import Collection, Iterable
from typing import Any, Final

from tests.unit.bodies import SERVER
from tests.unit.cloud import MICROVERSION, Cloud, Request

JSON = dict[str, Any]

REPORT: Final = "/os-simple-tenant-usage"
UNEXPECTED: Final = (
    "Unexpected API Error. Please report this at http://bugs.launchpad.net/nova/ and attach the "
    "Nova API log if possible.\n<class '{}'>"
)
"""What Nova's API says of any failure that it has not foreseen."""
UNREACHED: Final[JSON] = {
    "computeFault": {
        "code": 500,
        "message": UNEXPECTED.format("oslo_db.exception.DBConnectionError"),
    }
}
"""What Nova's API answers if the database of a cell cannot be reached."""
_PAGING: Final = {"limit", "marker", "sort_key", "sort_dir"}


def servers(count: int) -> list[JSON]:
    """Servers as Nova lists them, newest first."""
    found = []
    for number in range(count):
        server = copy.deepcopy(SERVER)
        server |= {
            "id": str(uuid.UUID(int=number)),
            "name": f"web-{number:02}",
            "created": f"2026-11-{28 - number // 10:02}T10:00:{59 - number % 10:02}Z",
        }
        found.append(server)
    return found


class _Nova:
    def __init__(
        self, found: list[JSON], down: Collection[str], silent: Collection[str], max_limit: int
    ) -> None:
        self._found = found
        self._up = [server for server in found if server["id"] not in {*down, *silent}]
        self._down = [server for server in found if server["id"] in down]
        self._max_limit = max_limit

    def list(self, request: Request, fields: Collection[str] | None) -> JSON:
        """An answer: a page of whole servers, and fragments of the others where Nova has them."""
        limit = min(int(request.qs.get("limit", [self._max_limit])[0]), self._max_limit)
        begin = 0
        if "marker" in request.qs:
            ids = [server["id"] for server in self._up]
            begin = ids.index(request.qs["marker"][0]) + 1
        shown = self._up[begin : begin + limit]
        if fields is not None:
            shown = [{field: server[field] for field in fields} for server in shown]
        version = tuple(map(int, request.headers[MICROVERSION].split()[-1].split(".")))
        if version >= (2, 69) and not request.qs.keys() - {"all_tenants"}:
            room = self._max_limit - len(shown)
            shown = [fragment(server) for server in self._down[:room]] + shown
        body: JSON = {"servers": shown}
        if len(shown) == limit:
            body["servers_links"] = [{"rel": "next", "href": "http://nova.test/next"}]
        return body

    def report(self, request: Request, context: Any) -> JSON:
        """The usage report: whole, or a failure."""
        if self._down:
            context.status_code = 500
            return UNREACHED
        return report_of(request, map(usage_of, self._found), max_limit=self._max_limit)

    def get(self, request: Request, context: Any) -> JSON:
        """One server: all cells respond again."""
        server_id = request.path.rpartition("/")[2]
        for server in self._found:
            if server["id"] == server_id:
                return {"server": server}
        context.status_code = 404
        message = f"Instance {server_id} could not be found."
        return {"itemNotFound": {"code": 404, "message": message}}


def usage_of(server: JSON) -> JSON:
    """What Nova's usage report has of a server."""
    ended_at = server["OS-SRV-USG:terminated_at"]
    return {
        "instance_id": server["id"],
        "tenant_id": server["tenant_id"],
        "state": "terminated" if ended_at else server["OS-EXT-STS:vm_state"],
        "started_at": server["OS-SRV-USG:launched_at"],
        "ended_at": ended_at,
    }


def report_of(
    request: Request, usages: Iterable[JSON], start: str = "", *, max_limit: int = 1000
) -> JSON:
    """Nova's usage report of a project, or of all: a page, in the order of projects and ids.

    :param start: servers that ended before it are not in the report
    """
    found = sorted(
        (
            usage
            for usage in usages
            if usage["started_at"] and not (usage["ended_at"] and usage["ended_at"] <= start)
        ),
        key=lambda usage: (usage["tenant_id"], usage["instance_id"]),
    )
    limit = min(int(request.qs["limit"][0]), max_limit)
    ids = [usage["instance_id"] for usage in found]
    begin = ids.index(request.qs["marker"][0]) + 1 if "marker" in request.qs else 0
    shown = found[begin : begin + limit]
    by_project: dict[str, JSON] = {}
    for usage in shown:
        of_project = by_project.setdefault(usage["tenant_id"], {"server_usages": []})
        of_project["server_usages"].append(usage)
    links = [{"rel": "next", "href": "http://nova.test/next"}] if len(shown) == limit else []
    if request.path.endswith("/os-simple-tenant-usage"):
        assert request.qs["detailed"] == ["1"]
        return {"tenant_usages": list(by_project.values()), "tenant_usages_links": links}
    one = next(iter(by_project.values()), {})
    return {"tenant_usage": one, "tenant_usage_links": links}


def fragment(server: JSON) -> JSON:
    """What Nova knows of a server without its cell."""
    kept = {key: server[key] for key in ("id", "tenant_id", "created", "links") if key in server}
    return kept | {"status": "UNKNOWN"}


def serve(
    cloud: Cloud,
    found: list[JSON],
    *,
    down: Collection[str] = (),
    silent: Collection[str] = (),
    max_limit: int = 1000,
) -> None:
    """Have Nova list these servers, whole and by their ids.

    :param down: ids of those whose cell does not answer
    :param silent: ids of those whose cell does not answer lists, and shows no other sign of it
    :param max_limit: Nova's own limit of a page
    """
    nova = _Nova(found, down, silent, max_limit)
    for path in (REPORT, f"{REPORT}/{SERVER['tenant_id']}"):
        cloud.answer("GET", "nova", path, json=nova.report)
    for server_id in silent:
        cloud.answer("GET", "nova", f"/servers/{server_id}", json=nova.get)
    cloud.answer("GET", "nova", "/servers/detail", lambda request, _: nova.list(request, None))
    cloud.answer("GET", "nova", "/servers", lambda request, _: nova.list(request, ("id", "name")))
    services: list[JSON] = [
        {"id": "1", "binary": "nova-compute", "host": "one", "status": "enabled"}
    ]
    if down:
        services.append({"binary": "nova-compute", "host": "two", "status": "UNKNOWN"})
    cloud.answer("GET", "nova", "/os-services?binary=nova-compute", {"services": services})
