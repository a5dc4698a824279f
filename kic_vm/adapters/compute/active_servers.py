# SPDX-License-Identifier: Apache-2.0
"""Nova: the servers that have ever been active, from every cell or not at all.

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
TOLERANCE: Final = datetime.timedelta(minutes=10)


class ActiveServers(Service):
    """The part of the compute service that reports the usage of servers."""

    def list_active_servers(
        self, project_id: str | None, since: datetime.datetime
    ) -> list[ServerUsage]:
        """The servers that have ever been active, and that existed at a time since ``since``.

        :param project_id: the project of the servers; None for all projects
        :raises UpstreamError: a cell does not respond, whether or not the project uses it
        """
        window = {
            "start": _nova_time(since),
            "end": _nova_time(datetime.datetime.now(datetime.UTC) + TOLERANCE),
        }

        def page(marker: str | None) -> Answer:
            answer = self.json(
                "GET",
                path(
                    "os-simple-tenant-usage",
                    *([project_id] if project_id else []),
                    **window,
                    detailed=None if project_id else 1,
                    limit=paging.PAGE,
                    marker=marker,
                ),
                microversion=_PAGES,
            )
            if project_id:
                reports, links = [answer["tenant_usage"]], "tenant_usage_links"
            else:
                reports, links = answer["tenant_usages"], "tenant_usages_links"
            # The last server here can be in the middle of Nova's page, as Nova groups the servers
            # of several cells by project. Then the next page repeats those after it.
            listed = [usage for report in reports for usage in report.get("server_usages", [])]
            return Answer(
                self._service, {"servers": listed, "servers_links": answer.get(links, [])}
            )

        usages: list[ServerUsage] = paging.follow(page, "servers", marker_of=_id_of)
        return usages


def is_existing(usage: ServerUsage) -> bool:
    """Whether Nova's list of all servers contains the server of a report."""
    return usage["state"] not in _UNLISTED


def _id_of(usage: ServerUsage) -> str:
    return usage["instance_id"]


def _nova_time(moment: datetime.datetime) -> str:
    """A time in UTC in the only form that the report accepts."""
    return moment.replace(microsecond=0, tzinfo=None).isoformat()
