# SPDX-License-Identifier: Apache-2.0
"""Nova: the servers of a project that have ever been active, from every cell or not at all.

Nova's lists of servers omit the cells that do not respond. For its usage report, Nova reads one
cell after the other, including cell0 and cells without compute hosts, and fails if one of them does
not respond.
"""

import datetime
from typing import Final

from kic_vm.adapters import paging
from kic_vm.adapters.paths import path
from kic_vm.adapters.service import Answer, Service
from kic_vm.resources.compute import ServerUsage

_PAGES: Final = "2.40"  # the report has pages
# Nova's lists lack servers in these states.
_UNLISTED: Final = frozenset({"terminated", "deleted", "soft-delete"})
# More than the clocks of the gateway and of Nova can differ.
_TOLERANCE: Final = datetime.timedelta(minutes=10)


class ActiveServers(Service):
    """The part of the compute service that reports the usage of servers."""

    def list_active_server_ids(self, project_id: str) -> list[str]:
        """The ids of a project's servers that exist and have ever been active.

        :raises UpstreamUnavailable: a cell does not respond, whether or not the project uses it
        """
        now = datetime.datetime.now(datetime.UTC)
        start, end = (
            time.strftime("%Y-%m-%dT%H:%M:%S") for time in (now - _TOLERANCE, now + _TOLERANCE)
        )

        def page(marker: str | None) -> Answer:
            answer = self.json(
                "GET",
                path(
                    "os-simple-tenant-usage",
                    project_id,
                    start=start,
                    end=end,
                    limit=paging.PAGE,
                    marker=marker,
                ),
                microversion=_PAGES,
            )
            report = answer["tenant_usage"]
            return Answer(
                self._service,
                {
                    "servers": report.get("server_usages", []),
                    "servers_links": answer.get("tenant_usage_links", []),
                },
            )

        usages: list[ServerUsage] = paging.follow(page, "servers", marker_of=_id_of)
        return [_id_of(usage) for usage in usages if usage["state"] not in _UNLISTED]


def _id_of(usage: ServerUsage) -> str:
    return usage["instance_id"]
