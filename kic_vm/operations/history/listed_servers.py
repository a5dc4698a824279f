# SPDX-License-Identifier: Apache-2.0
"""The servers of a project, or of all projects, in Nova's lists and in its usage report.

Neither the list of all servers, if it has several pages, nor the list of changes, which alone has
deleted servers, shows that it is complete. The usage report is complete or fails, but it lacks most
fields, and servers that have never been active.
"""

import dataclasses
import datetime
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Final

from kic_vm.adapters.http.interleaved import gather_reads
from kic_vm.history.records import ServerRecord
from kic_vm.mappings.periods import stamp
from kic_vm.operations.request import RequestServices
from kic_vm.resources.compute import Server, ServerUsage

# A change becomes visible later than its own time, clocks differ, and events end after the change.
OVERLAP: Final = datetime.timedelta(seconds=120)


@dataclasses.dataclass(frozen=True, slots=True)
class Coverage:
    """The servers to read.

    :param project_id: the project; None for all projects
    :param by_operator: the reading uses the gateway's own user, not a member's token
    """

    project_id: str | None
    by_operator: bool = False

    @property
    def query(self) -> dict[str, str]:
        """Nova's filters."""
        if not self.by_operator:
            return {}
        return {"all_tenants": "1"} | ({"project_id": self.project_id} if self.project_id else {})


def list_servers(
    services: RequestServices, coverage: Coverage, changed_since: datetime.datetime
) -> tuple[dict[str, ServerRecord], list[ServerUsage]]:
    """The servers that exist, and those that were changed or deleted since a time, by id.

    Two lists side by side, then the usage report and a check of Nova's cells.

    :returns: the servers in Nova's lists, and those in its usage report
    :raises UpstreamUnavailable: a cell does not answer
    """
    compute = services.openstack.compute
    existing, changed = gather_reads(
        partial(compute.list_server_records, **coverage.query),
        partial(compute.list_changed_server_records, stamp(changed_since), **coverage.query),
    )
    # Read last, the report has every server that the lists should have, if it has been active.
    active = compute.list_active_servers(coverage.project_id, changed_since)
    return _covered((*existing, *changed), coverage), active


def find_unlisted(
    services: RequestServices, coverage: Coverage, changed: Mapping[str, datetime.datetime]
) -> dict[str, ServerRecord]:
    """Servers that should have been listed, from a list of earlier changes.

    One upstream call, if there are any.

    :param changed: times at or before the last change of each server, by id
    """
    if not changed:
        return {}
    listed = services.openstack.compute.list_changed_server_records(
        stamp(min(changed.values()) - OVERLAP), **coverage.query
    )
    return _covered((server for server in listed if server["id"] in changed), coverage)


def _covered(servers: Iterable[Server], coverage: Coverage) -> dict[str, ServerRecord]:
    """The servers to read, by id. Nova shows a cloud admin the servers of all projects."""
    return {
        server["id"]: _slim(server)
        for server in servers
        if coverage.project_id is None or server["tenant_id"] == coverage.project_id
    }


def _slim(server: Server) -> ServerRecord:
    """The fields that the ledger reads."""
    return {
        "id": server["id"],
        "name": server["name"],
        "tenant_id": server["tenant_id"],
        "status": server["status"],
        "created": server["created"],
        "updated": server["updated"],
        "OS-EXT-STS:vm_state": server["OS-EXT-STS:vm_state"],
        "OS-EXT-STS:task_state": server["OS-EXT-STS:task_state"],
        "OS-SRV-USG:launched_at": server["OS-SRV-USG:launched_at"],
        "OS-SRV-USG:terminated_at": server["OS-SRV-USG:terminated_at"],
        "image": bool(server["image"]),
        "flavor": {"original_name": server["flavor"]["original_name"]},
    }
