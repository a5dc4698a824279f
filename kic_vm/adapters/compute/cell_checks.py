# SPDX-License-Identifier: Apache-2.0
"""Nova: whether a list of servers lacks some, because a cell has not responded."""

import contextlib
import copy
from collections.abc import Collection, Iterator
from functools import partial
from typing import Final

from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.adapters.compute.active_servers import ActiveServers
from kic_vm.adapters.compute.existence import ServerExistence
from kic_vm.adapters.http.interleaved import gather_reads
from kic_vm.adapters.service import Service
from kic_vm.context import RequestContext

LOG = logging.getLogger(__name__)

# If a cell does not respond, so many of the servers that a list lacks include one of that cell.
_LOOKED_UP: Final = 50
_SOFT_DELETED: Final = "SOFT_DELETED"
_DOWN: Final = (
    "A part of the compute service cannot be reached at the moment, and with it some of your "
    "instances. Try again later."
)


class CellChecks(Service):
    """The part of the compute service that shows, to the gateway's own user, what lists lack."""

    def lacks_servers(self, server_ids: Collection[str]) -> bool:
        """Whether a list of the caller's project lacks a server that has ever been active.

        Two upstream calls side by side, or more if the project has more servers than fit in a page;
        one more for each server that seems to be missing, 50 at most.

        :param server_ids: the ids of the listed servers
        :raises UpstreamUnavailable: a cell does not respond, whether or not the project uses it
        :raises GatewayNotAllowed: Nova refuses to answer the gateway's user
        """
        if self._context.read_log is not None:
            self._context.read_log.note_checked_servers(server_ids)
        gateway = self._as_gateway()
        report = ActiveServers(self._cloud, gateway, self._service)
        existence = ServerExistence(self._cloud, gateway, self._service)
        with _refusals_reported():
            _checked, active = gather_reads(
                self.check_cells,
                partial(report.list_active_server_ids, str(self._context.project_id)),
            )
            unlisted = sorted(set(active).difference(server_ids))[:_LOOKED_UP]
            found = gather_reads(*(partial(existence.find_server, one) for one in unlisted))
        return any(server and server["status"] != _SOFT_DELETED for server in found)

    def check_cells(self) -> None:
        """Check that all of Nova's cells with compute hosts respond.

        :raises UpstreamUnavailable: a cell does not respond, whether or not the project uses it
        :raises GatewayNotAllowed: Nova refuses to answer the gateway's user
        """
        existence = ServerExistence(self._cloud, self._as_gateway(), self._service)
        with _refusals_reported():
            are_up = existence.are_all_cells_up()
        if not are_up:
            raise cell_down()

    def _as_gateway(self) -> RequestContext:
        context = copy.copy(self._context)
        context.auth, context.read_log = self._cloud.service_auth, None
        return context


def cell_down() -> exceptions.UpstreamUnavailable:
    """The error for a list that lacks servers."""
    return exceptions.UpstreamUnavailable("compute", _DOWN)


@contextlib.contextmanager
def _refusals_reported() -> Iterator[None]:
    """Report a refusal of the gateway's own user as GatewayNotAllowed, and log it.

    :raises GatewayNotAllowed: Nova refuses to answer
    """
    try:
        yield
    except exceptions.Forbidden as error:
        LOG.exception(
            "Nova does not let the gateway's user list the compute services or the servers' usage"
        )
        raise exceptions.GatewayNotAllowed from error
