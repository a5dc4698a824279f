"""Nova's lists of servers, in pages as it cuts them."""

import copy
import uuid
from typing import Any

from tests.unit.bodies import SERVER
from tests.unit.cloud import Cloud, Request

JSON = dict[str, Any]


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


def serve(cloud: Cloud, found: list[JSON]) -> None:
    """Have Nova list these servers, whole and by their ids."""

    def page(request: Request, context: Any) -> list[JSON]:
        (limit,) = request.qs["limit"]
        begin = 0
        if "marker" in request.qs:
            ids = [server["id"] for server in found]
            begin = ids.index(request.qs["marker"][0]) + 1
        return found[begin : begin + int(limit)]

    def whole(request: Request, context: Any) -> JSON:
        return {"servers": page(request, context)}

    def ids(request: Request, context: Any) -> JSON:
        shown = page(request, context)
        return {"servers": [{"id": item["id"], "name": item["name"]} for item in shown]}

    cloud.answer("GET", "nova", "/servers/detail", whole)
    cloud.answer("GET", "nova", "/servers", ids)
