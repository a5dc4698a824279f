# SPDX-License-Identifier: Apache-2.0
"""Nova's lists of servers, in pages as it cuts them, and without the cells that are down."""

import copy
import uuid
from collections.abc import Collection
from typing import Any, Final

from tests.unit.bodies import SERVER
from tests.unit.cloud import MICROVERSION, Cloud, Request

JSON = dict[str, Any]

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
    def __init__(self, found: list[JSON], down: Collection[str], max_limit: int) -> None:
        self._up = [server for server in found if server["id"] not in down]
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


def fragment(server: JSON) -> JSON:
    """What Nova knows of a server without its cell."""
    kept = {key: server[key] for key in ("id", "tenant_id", "created", "links") if key in server}
    return kept | {"status": "UNKNOWN"}


def serve(
    cloud: Cloud, found: list[JSON], *, down: Collection[str] = (), max_limit: int = 1000
) -> None:
    """Have Nova list these servers, whole and by their ids.

    :param down: ids of those whose cell does not answer
    :param max_limit: Nova's own limit of a page
    """
    nova = _Nova(found, down, max_limit)
    cloud.answer("GET", "nova", "/servers/detail", lambda request, _: nova.list(request, None))
    cloud.answer("GET", "nova", "/servers", lambda request, _: nova.list(request, ("id", "name")))
    services: list[JSON] = [
        {"id": "1", "binary": "nova-compute", "host": "one", "status": "enabled"}
    ]
    if down:
        services.append({"binary": "nova-compute", "host": "two", "status": "UNKNOWN"})
    cloud.answer("GET", "nova", "/os-services?binary=nova-compute", {"services": services})
