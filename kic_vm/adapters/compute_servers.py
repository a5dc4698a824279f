"""Nova: one server and whole lists of servers, in a cloud of which a part may not answer.

Nova keeps its servers in cells. Of a cell that does not answer it shows each server as a fragment
(its id, and ``status: UNKNOWN``), but only at CELLS and above, and only in an answer for which
neither a page, nor an order, nor a filter was asked. Otherwise it leaves these servers out without
a word. So whole lists begin with such a request; a fragment in it is a failure of the service.
"""

import contextlib
import copy
from collections.abc import Callable
from typing import Final

from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.adapters import paging
from kic_vm.adapters.compute_existence import CELLS, ServerExistence
from kic_vm.adapters.connection import JSON, Answer, Service, path

LOG = logging.getLogger(__name__)

# Lowest microversions that have the fields we show.
STATE = "2.1"  # vm_state, task_state, flavor id
TAGS = "2.26"
SERVER = "2.90"  # hostname for everyone; flavor details since 2.47, description since 2.19

_DOWN: Final = (
    "A part of the compute service cannot be reached at the moment, and with it some of your "
    "instances. Try again later."
)


class Servers(Service):
    """The part of the compute service that reads servers."""

    def get_server(self, server_id: str, microversion: str = SERVER) -> JSON:
        """One server; with a cloud admin's token it may be another project's.

        :raises UpstreamUnavailable: its cell does not answer
        """
        server: JSON = self.json("GET", path("servers", server_id), microversion=microversion)[
            "server"
        ]
        _refuse_fragments([server])
        return server

    def list_servers(self) -> list[JSON]:
        """All servers of the caller's project, newest first.

        :raises UpstreamUnavailable: a cell with some of them does not answer
        """
        return self._list_whole("detail", microversion=SERVER)

    def list_server_ids(self) -> list[str]:
        """The ids of all servers of the caller's project, newest first.

        :raises UpstreamUnavailable: a cell with some of them does not answer
        """
        return [server["id"] for server in self._list_whole(microversion=CELLS)]

    def list_reachable_servers(self, **query: str | None) -> list[JSON]:
        """The servers of the caller's project in the cells that answer, newest first.

        This costs Nova less than ``list_servers``. ``list_server_ids`` tells whether it is all.

        :param query: Nova's filters
        """
        return self._list("detail", microversion=STATE, **query)

    def list_page_of_servers(self, limit: int, after: str | None) -> list[JSON]:
        """The servers in the cells that answer that come after one, or the newest ones."""
        servers: list[JSON] = self.json(
            "GET",
            path("servers", "detail", limit=limit, marker=after),
            microversion=SERVER,
        )["servers"]
        return servers

    def list_tagged_servers(self, tag: str) -> list[JSON]:
        """The servers of the caller's project that have a tag, in the cells that answer."""
        return self._list("detail", microversion=TAGS, tags=tag)

    def list_reserved_servers(self, reservation: str) -> list[JSON]:
        """The servers that were asked for in one request, in the cells that answer."""
        return self.list_reachable_servers(reservation_id=reservation)

    def list_all_servers(self, status: str | None = None) -> list[JSON]:
        """The servers of all projects; for cloud admins.

        :param status: one of Nova's; then only of the cells that answer
        :raises UpstreamUnavailable: a cell does not answer
        """
        if status:
            return self.list_reachable_servers(all_tenants="1", status=status)
        return self._list_whole("detail", microversion=CELLS, all_tenants="1")

    def _list(self, *parts: str, microversion: str, **query: str | None) -> list[JSON]:
        """The servers in the cells that answer."""

        def page(marker: str | None) -> Answer:
            return self.json(
                "GET",
                path("servers", *parts, limit=paging.PAGE, marker=marker, **query),
                microversion=microversion,
            )

        return self._follow(page)

    def _list_whole(self, *parts: str, microversion: str, **query: str) -> list[JSON]:
        """The servers in all cells.

        :param microversion: CELLS or above
        """
        is_continued = False

        def page(marker: str | None) -> Answer:
            nonlocal is_continued
            is_continued = marker is not None
            # No limit with the first page: see above. Without one Nova's own holds.
            limit = paging.PAGE if is_continued else None
            return self.json(
                "GET",
                path("servers", *parts, limit=limit, marker=marker, **query),
                microversion=microversion,
            )

        servers = self._follow(page)
        _refuse_fragments(servers)
        if is_continued:
            # Fragments come last, when the first page has room for them, and never later.
            self._check_cells()
        return servers

    def _follow(self, page: Callable[[str | None], Answer]) -> list[JSON]:
        """The servers of all pages.

        Of a cell whose database answers with an error of an unusual kind, such as a user that is
        locked or too many connections, Nova makes no fragments: the whole list is 500.
        """
        try:
            return paging.follow(page, "servers")
        except exceptions.UpstreamError as error:
            if type(error) is exceptions.UpstreamError:
                with contextlib.suppress(exceptions.GatewayNotAllowed):
                    self._check_cells()
            raise

    def _check_cells(self) -> None:
        """Ask Nova for the cells themselves, with the gateway's own token.

        :raises UpstreamUnavailable: one does not answer, whether or not the project uses it
        :raises GatewayNotAllowed: Nova does not tell the gateway's user
        """
        context = copy.copy(self._context)
        context.auth = self._cloud.service_auth
        try:
            are_up = ServerExistence(self._cloud, context, self._service).are_all_cells_up()
        except exceptions.Forbidden as error:
            LOG.exception("Nova does not let the gateway's user list the compute services")
            raise exceptions.GatewayNotAllowed from error
        if not are_up:
            raise exceptions.UpstreamUnavailable("compute", _DOWN)


def _refuse_fragments(servers: list[JSON]) -> None:
    """Let only whole servers pass.

    :raises UpstreamUnavailable: one of them is all that Nova knows without its cell
    """
    if not all("name" in server for server in servers):
        raise exceptions.UpstreamUnavailable("compute", _DOWN)
