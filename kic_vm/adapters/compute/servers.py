# SPDX-License-Identifier: Apache-2.0
"""Nova: single servers and complete lists, even if a part of the cloud does not answer.

Nova keeps its servers in cells. For a cell that does not answer, Nova lists each server as a
fragment (its id and ``status: UNKNOWN``), but only at microversion CELLS and above, and only if the
request has no paging, sorting or filter. Otherwise it omits these servers without notice. So
complete lists start with such a request, and a fragment in its answer counts as a service failure.
A list of several pages is compared with Nova's usage report, which is whole or fails.
"""

import contextlib
from collections.abc import Callable
from functools import partial

from kic_vm import exceptions
from kic_vm.adapters import paging
from kic_vm.adapters.compute.cell_checks import CellChecks, cell_down
from kic_vm.adapters.compute.existence import CELLS
from kic_vm.adapters.paths import path
from kic_vm.adapters.service import Answer
from kic_vm.resources.compute import Server

# Lowest microversions that have the fields that the gateway returns.
STATE = "2.1"  # vm_state, task_state, flavor id
TAGS = "2.26"
RECORD = CELLS  # name of the flavor since 2.47
SERVER = "2.90"  # hostname for all users; flavor details since 2.47, description since 2.19


class Servers(CellChecks):
    """The part of the compute service that reads servers."""

    def get_server(self, server_id: str, microversion: str = SERVER) -> Server:
        """One server; with a cloud admin's token, it can belong to another project.

        :raises UpstreamUnavailable: its cell does not answer
        """
        server: Server = self.json("GET", path("servers", server_id), microversion=microversion)[
            "server"
        ]
        _refuse_fragments([server])
        return server

    def list_servers(self) -> list[Server]:
        """All servers of the caller's project, newest first.

        :raises UpstreamUnavailable: a cell with some of these servers does not answer
        """
        return self._list_whole("detail", microversion=SERVER)

    def list_server_ids(self) -> list[str]:
        """The ids of all servers of the caller's project, newest first.

        :raises UpstreamUnavailable: a cell with some of these servers does not answer
        """
        return _ids(self._list_whole(microversion=CELLS))

    def list_reachable_servers(self, **query: str | None) -> list[Server]:
        """The servers of the caller's project in the cells that answer, newest first.

        Cheaper for Nova than ``list_servers``; ``list_server_ids`` shows whether any are missing.

        :param query: Nova's filters
        """
        return self._list("detail", microversion=STATE, **query)

    def list_page_of_servers(self, limit: int, after: str | None) -> list[Server]:
        """A page of servers after a given one, or the newest servers, in the cells that answer."""
        servers: list[Server] = self.json(
            "GET",
            path("servers", "detail", limit=limit, marker=after),
            microversion=SERVER,
        )["servers"]
        return servers

    def list_tagged_servers(self, tag: str) -> list[Server]:
        """The servers of the caller's project with a tag, in the cells that answer."""
        return self._list("detail", microversion=TAGS, tags=tag)

    def list_reserved_servers(self, reservation: str) -> list[Server]:
        """The servers that one request has created, in the cells that answer."""
        return self.list_reachable_servers(reservation_id=reservation)

    def list_server_records(self, **scope: str) -> list[Server]:
        """The servers that exist, with the fields that the ledger reads.

        Only those in the cells that answer, if there are several pages or a ``project_id``.

        :param scope: ``all_tenants`` and ``project_id``, for cloud admins; by default, the servers
            of the caller's project
        :raises UpstreamUnavailable: Nova shows that a cell with some of these servers does not
            answer
        """
        servers, _is_continued = self._list_with_fragments("detail", microversion=RECORD, **scope)
        return servers

    def list_changed_server_records(self, since: str, **scope: str) -> list[Server]:
        """The servers that were changed or deleted since a time, in the cells that answer.

        Servers that are being scheduled are always listed.
        """
        return self._list("detail", microversion=RECORD, **{"changes-since": since}, **scope)

    def has_deleted_server(self, before: str) -> bool:
        """Whether Nova has a deleted server that was last changed before a time; for admins."""
        return bool(
            self.json(
                "GET",
                path(
                    "servers",
                    all_tenants=1,
                    deleted="true",
                    limit=1,
                    **{"changes-before": before},
                ),
                microversion=RECORD,
            )["servers"]
        )

    def get_oldest_server(self) -> Server | None:
        """The oldest server of all projects; for cloud admins."""
        query: dict[str, str | int] = {"sort_key": "created_at", "sort_dir": "asc", "limit": 1}
        servers: list[Server] = self.json(
            "GET", path("servers", "detail", all_tenants=1, **query), microversion=STATE
        )["servers"]
        return servers[0] if servers else None

    def list_all_servers(self, status: str | None = None) -> list[Server]:
        """The servers of all projects; for cloud admins.

        :param status: a status of Nova's; with it, only the servers in the cells that answer
        :raises UpstreamUnavailable: a cell does not answer
        :raises GatewayNotAllowed: the caller is not an admin, and cannot tell whether servers are
            missing
        """
        if status:
            return self.list_reachable_servers(all_tenants="1", status=status)
        return self._list_whole("detail", microversion=CELLS, of_all_projects=True)

    def list_all_servers_at_once(self) -> list[Server] | None:
        """The servers of all projects in one answer, with fragments; for cloud admins.

        Only one answer shows for sure which servers it lacks: a cell can fail during the list, and
        respond again when it is checked.

        :returns: None if not all servers fit in one answer of Nova
        """
        answer = self.json("GET", path("servers", "detail", all_tenants=1), microversion=CELLS)
        servers: list[Server] = answer["servers"]
        return None if answer.get("servers_links") else servers

    def list_all_reachable_servers(self) -> list[Server]:
        """The servers of all projects in the cells that answer; for cloud admins."""
        return self.list_reachable_servers(all_tenants="1")

    def list_changed_servers(self, since: str) -> list[Server]:
        """The servers of all projects that have changed since a time, including deleted servers.

        Only those in the cells that answer, and not those that are built and have no host yet; for
        cloud admins.
        """
        return self.list_reachable_servers(all_tenants="1", **{"changes-since": since})

    def _list(self, *parts: str, microversion: str, **query: str | None) -> list[Server]:
        """The servers in the cells that answer."""

        def page(marker: str | None) -> Answer:
            return self.json(
                "GET",
                path("servers", *parts, limit=paging.PAGE, marker=marker, **query),
                microversion=microversion,
            )

        return self._follow(page)

    def _list_whole(
        self, *parts: str, microversion: str, of_all_projects: bool = False
    ) -> list[Server]:
        """The servers in all cells.

        In a list of several pages, servers that have never been active can be missing if their cell
        responds again when the cells are checked.

        :param microversion: CELLS or above
        """
        query = {"all_tenants": "1"} if of_all_projects else {}
        list_once = partial(self._list_with_fragments, *parts, microversion=microversion, **query)
        servers, is_continued = list_once()
        # Fragments are only at the end of the first page, and only if it has room for them.
        if not is_continued:
            return servers
        active = self.list_active_server_ids(of_all_projects=of_all_projects)
        lacks_servers = partial(self.lacks_servers, of_all_projects=of_all_projects)
        if not lacks_servers(_ids(servers), active):
            return servers
        # A server that became active after its page was read is in the next list.
        servers, _is_continued = list_once()
        if not lacks_servers(_ids(servers), active):
            return servers
        raise cell_down()

    def _list_with_fragments(
        self, *parts: str, microversion: str, **query: str
    ) -> tuple[list[Server], bool]:
        """The servers in the cells that answer, and whether there were several pages.

        :raises UpstreamUnavailable: the first page shows that a cell does not answer
        """
        is_continued = False

        def page(marker: str | None) -> Answer:
            nonlocal is_continued
            is_continued = marker is not None
            # The first page has no limit: see above. Then Nova's own limit applies.
            limit = paging.PAGE if is_continued else None
            return self.json(
                "GET",
                path("servers", *parts, limit=limit, marker=marker, **query),
                microversion=microversion,
            )

        servers = self._follow(page)
        _refuse_fragments(servers)
        return servers, is_continued

    def _follow(self, page: Callable[[str | None], Answer]) -> list[Server]:
        """The servers of all pages.

        If a cell's database returns an unusual error, such as a locked user or too many
        connections, Nova returns no fragments, but 500 for the whole list.
        """
        try:
            return paging.follow(page, "servers")
        except exceptions.UpstreamError as error:
            if type(error) is exceptions.UpstreamError:
                with contextlib.suppress(exceptions.GatewayNotAllowed):
                    self.check_cells()
            raise


def _ids(servers: list[Server]) -> list[str]:
    return [server["id"] for server in servers]


def _refuse_fragments(servers: list[Server]) -> None:
    """Check that no server is a fragment.

    :raises UpstreamUnavailable: a server is a fragment, because its cell does not answer
    """
    if not all("name" in server for server in servers):
        raise cell_down()
