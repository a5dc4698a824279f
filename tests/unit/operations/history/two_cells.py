# SPDX-License-Identifier: Apache-2.0
"""A faked Nova with two cells."""

from collections.abc import Callable
from typing import Any

from tests.unit.bodies import SERVER
from tests.unit.cloud import Cloud, Request
from tests.unit.nova_actions import answer_actions
from tests.unit.nova_servers import REPORT, UNREACHED, fragment, report_of, usage_of
from tests.unit.operations.history.usage_requests import CREATED
from tests.unit.personas import PROJECT

JSON = dict[str, Any]

LOST = "e0e1760f-79d8-4fac-972d-2c98044d0000"
KEPT = "e0e1760f-79d8-4fac-972d-2c98044d0001"
ACTIONS = f"/servers/{LOST}/os-instance-actions"
NOT_FOUND = {"itemNotFound": {"code": 404, "message": f"Instance {LOST} could not be found."}}


class TwoCells:
    """A Nova with a server in each of two cells, one of which fails."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.servers = {one: SERVER | CREATED | {"id": one} for one in (LOST, KEPT)}
        self.is_failing: Callable[[Request], bool] = lambda _request: False
        """Whether the cell of the server LOST fails in a list."""
        self.is_reported = True
        """Whether the cells answer Nova's usage report."""
        cloud.answer("GET", "nova", "/servers/detail", self._list)
        for path in (REPORT, f"{REPORT}/{PROJECT}"):
            cloud.answer("GET", "nova", path, json=self._report)
        self.show_services("enabled")
        for server_id in self.servers:
            answer_actions(cloud, server_id)

    def change(self, **changes: Any) -> None:
        """Change the server LOST."""
        self.servers[LOST] |= changes

    def show_services(self, status: str) -> None:
        """Have Nova show this status of the compute service in the cell of LOST."""
        services = [{"binary": "nova-compute", "host": "one", "status": status}]
        self.cloud.answer("GET", "nova", "/os-services?binary=nova-compute", {"services": services})

    def take_down(self) -> None:
        """Have the cell of LOST answer nothing."""
        self.is_failing = lambda _request: True
        self.is_reported = False
        self.show_services("UNKNOWN")

    def bring_up(self) -> None:
        """Have the cell of LOST answer again."""
        self.is_failing = lambda _request: False
        self.is_reported = True
        self.show_services("enabled")

    def _list(self, request: Request, _context: Any) -> JSON:
        found = list(self.servers.values())
        shown = []
        since = request.qs.get("changes-since", [""])[0].upper()
        for server in found:
            is_deleted = server["status"] == "DELETED"
            if server["id"] == LOST and self.is_failing(request):
                # Nova's fragments have no deleted servers, and are in no list with a filter.
                is_silent = is_deleted or server.get("is silent")
                if not request.qs.keys() - {"all_tenants"} and not is_silent:
                    shown.append(fragment(server))
            elif since:
                shown += [server] if server["updated"] >= since else []
            elif server["status"] not in {"DELETED", "SOFT_DELETED"}:
                shown.append(server)
        return {"servers": shown}

    def _report(self, request: Request, context: Any) -> JSON:
        if not self.is_reported:
            context.status_code = 500
            return UNREACHED
        start = request.qs["start"][0].upper()
        return report_of(request, [usage_of(one) for one in self.servers.values()], start)


def is_of_changes(request: Request) -> bool:
    """Whether a request is for a list of changes."""
    return "changes-since" in request.qs
