# SPDX-License-Identifier: Apache-2.0
"""Nova: proof that a server is gone."""

from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.adapters import absence
from kic_vm.adapters.paths import path
from kic_vm.adapters.service import Service
from kic_vm.resources.compute import Server

LOG = logging.getLogger(__name__)

# Since 2.69, Nova returns 404 for a server that is being deleted, or is soft-deleted, in a cell
# that does not respond. Older microversions return 500.
_EXISTENCE = "2.1"
_RECORD = "2.21"  # actions of deleted servers
CELLS = "2.69"  # fragments of servers and services in cells that do not respond


class ServerExistence(Service):
    """The part of the compute service that proves that servers are gone."""

    def find_server(self, server_id: str) -> Server | None:
        """A server, also if soft-deleted; None if Nova has no server with this id.

        For a server of the caller's project, None is proof. For servers of other projects, it is
        proof only with an admin's token: see ``is_admin``.

        :raises KicVmError: Nova fails, a cell does not respond, or a 404 is not Nova's own answer
            about this server
        """
        server: Server | None = absence.find(
            self, path("servers", server_id), "server", server_id, microversion=_EXISTENCE
        )
        return server

    def has_record(self, server_id: str) -> bool:
        """Whether Nova has a server, or still has the record of a deleted one.

        False is proof as None is for ``find_server``: the record was archived, or there was none.

        :raises KicVmError: Nova fails, a cell does not respond, or a 404 is not Nova's own answer
            about this server
        """
        response = self.request(
            "GET",
            path("servers", server_id, "os-instance-actions"),
            microversion=_RECORD,
            returned=404,
        )
        return absence.read_unless_absent(self._service, response, server_id) is not None

    def is_admin(self) -> bool:
        """Whether the caller is an admin for Nova, and so sees the servers of all projects.

        For everyone else, Nova returns 404 for servers of other projects. It lists deleted servers
        for admins only.
        """
        try:
            self.json("GET", path("servers", status="DELETED", limit=1), microversion=_EXISTENCE)
        except exceptions.Forbidden:
            return False
        return True

    def check_is_admin(self) -> None:
        """Check that the gateway's user is an admin for Nova.

        :raises GatewayNotAllowed: it is not, so it cannot tell whether a server is gone
        """
        if not self.is_admin():
            LOG.error(
                "The user of [service_user] is not an admin in Nova, so the gateway cannot tell "
                "whether instances still exist: give it the admin role"
            )
            raise exceptions.GatewayNotAllowed

    def are_all_cells_up(self) -> bool:
        """Whether every cell that has compute hosts responds; for cloud admins.

        Nova omits the servers of cells that do not respond from its lists.
        """
        services = self.json("GET", path("os-services", binary="nova-compute"), microversion=CELLS)[
            "services"
        ]
        return all(service["status"] != "UNKNOWN" for service in services)
