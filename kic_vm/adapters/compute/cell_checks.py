# SPDX-License-Identifier: Apache-2.0
"""Nova: whether a list of servers lacks some, because a cell has not responded."""

import contextlib
import copy
import datetime
from collections.abc import Collection, Iterable, Iterator
from functools import partial
from typing import Final

from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.adapters import errors
from kic_vm.adapters.compute.active_servers import TOLERANCE, ActiveServers, is_existing
from kic_vm.adapters.compute.existence import ServerExistence
from kic_vm.adapters.http.interleaved import gather_reads
from kic_vm.adapters.service import Service
from kic_vm.context import RequestContext
from kic_vm.resources.compute import ServerUsage

LOG = logging.getLogger(__name__)

_SIDE_BY_SIDE: Final = 50
_REFUSALS: Final = frozenset({400, 401, 403, 409})
_SOFT_DELETED: Final = "SOFT_DELETED"
_DOWN: Final = (
    "A part of the compute service cannot be reached at the moment, and with it some of your "
    "instances. Try again later."
)


class CellChecks(Service):
    """The part of the compute service that shows whether lists lack servers."""

    def list_active_servers(
        self, project_id: str | None, since: datetime.datetime
    ) -> list[ServerUsage]:
        """The servers that have ever been active, and that existed at a time since ``since``.

        Two upstream calls side by side, or more if the servers do not fit in a page.

        :param project_id: the project of the servers; None for all projects
        :raises UpstreamUnavailable: a cell does not respond, whether or not the project uses it
        :raises GatewayNotAllowed: Nova refuses to answer the gateway's user
        """
        report = ActiveServers(self._cloud, self._as_gateway(), self._service)
        with _own_refusals_reported():
            _checked, usages = gather_reads(
                self.check_cells, partial(report.list_active_servers, project_id, since)
            )
        active: list[ServerUsage] = usages
        return active

    def list_active_server_ids(self, *, of_all_projects: bool = False) -> list[str]:
        """The ids of the servers of the caller's project that exist and have ever been active.

        As many upstream calls as ``list_active_servers``.

        :param of_all_projects: the servers of all projects; for cloud admins
        :raises UpstreamUnavailable: a cell does not respond, whether or not the project uses it
        :raises GatewayNotAllowed: Nova refuses to answer the gateway's user
        """
        project_id = None if of_all_projects else str(self._context.project_id)
        since = datetime.datetime.now(datetime.UTC) - TOLERANCE
        active = self.list_active_servers(project_id, since)
        return [usage["instance_id"] for usage in active if is_existing(usage)]

    def lacks_servers(
        self,
        server_ids: Collection[str],
        active: Iterable[str],
        *,
        of_all_projects: bool = False,
    ) -> bool:
        """Whether a list lacks a server that exists.

        With the caller's token, because a 404 is proof only for servers of the own project, or for
        an admin. One upstream call for each server that seems to be missing, many side by side; for
        all projects, one more if there are any.

        :param server_ids: the ids of the listed servers
        :param active: the ids of servers that existed before
        :param of_all_projects: the servers are those of all projects, not of the caller's
        :raises UpstreamUnavailable: a cell does not respond
        :raises GatewayNotAllowed: the caller is not an admin, and cannot tell for all projects
        """
        if self._context.read_log is not None:
            self._context.read_log.note_checked_servers(server_ids)
        existence = ServerExistence(self._cloud, self._unlogged(), self._service)
        unlisted = sorted(set(active).difference(server_ids))
        if unlisted and of_all_projects:
            existence.check_is_admin()
        for begin in range(0, len(unlisted), _SIDE_BY_SIDE):
            batch = unlisted[begin : begin + _SIDE_BY_SIDE]
            found = gather_reads(*(partial(existence.find_server, one) for one in batch))
            if any(server and server["status"] != _SOFT_DELETED for server in found):
                return True
        return False

    def check_cells(self) -> None:
        """Check that all of Nova's cells with compute hosts respond.

        :raises UpstreamUnavailable: a cell does not respond, whether or not the project uses it
        :raises GatewayNotAllowed: Nova refuses to answer the gateway's user
        """
        existence = ServerExistence(self._cloud, self._as_gateway(), self._service)
        with _own_refusals_reported():
            are_up = existence.are_all_cells_up()
        if not are_up:
            raise cell_down()

    def _as_gateway(self) -> RequestContext:
        context = self._unlogged()
        context.auth = self._cloud.service_auth
        return context

    def _unlogged(self) -> RequestContext:
        """The caller's context, for reads on which no list depends."""
        context = copy.copy(self._context)
        context.read_log = None
        return context


def cell_down() -> exceptions.UpstreamUnavailable:
    """The error for a list that lacks servers."""
    return exceptions.UpstreamUnavailable("compute", _DOWN)


@contextlib.contextmanager
def _own_refusals_reported() -> Iterator[None]:
    """Report what Nova refuses to the gateway's own user as the failure of a service.

    The caller has not sent these requests, and can change nothing about them.

    :raises GatewayNotAllowed: Nova refuses to answer the gateway's user
    :raises UpstreamError: Nova refuses the request
    """
    try:
        yield
    except exceptions.Forbidden as error:
        LOG.exception(
            "Nova does not let the gateway's user list the compute services or the servers' usage"
        )
        raise exceptions.GatewayNotAllowed from error
    except exceptions.KicVmError as error:
        if error.status in _REFUSALS:
            raise errors.not_understood("compute") from error
        raise
