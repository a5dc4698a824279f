"""Nova: whether a server is gone, with answers that prove it."""

import orjson

from kic_vm import exceptions
from kic_vm.adapters import errors
from kic_vm.adapters.connection import JSON, Service, path

# From 2.69 on, Nova answers 404 for a server that is being deleted in a cell that does not respond,
# and for a soft-deleted one there. Older versions answer 500.
_EXISTENCE = "2.1"
CELLS = "2.69"  # fragments of servers, and services, of cells that do not respond


class ServerExistence(Service):
    """The part of the compute service that tells what is gone."""

    def find_server(self, server_id: str) -> JSON | None:
        """A server, soft-deleted ones included; None where Nova has none of this id.

        None is proof for a server of the caller's project. For other projects' servers it is proof
        only with the token of an admin: see ``is_admin``.

        :raises KicVmError: Nova fails, a cell does not respond, or a 404 is not Nova's own answer
            about this server
        """
        response = self.request(
            "GET", path("servers", server_id), microversion=_EXISTENCE, returned=404
        )
        try:
            answer = orjson.loads(response.content)
            if response.status_code != 404:
                server: JSON = answer["server"]
                return server
            # A proxy, or a wrong address in the catalog, does not know the server's id.
            is_about_server = server_id in answer["itemNotFound"]["message"]
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            raise errors.not_understood(self._service) from error
        if not is_about_server:
            raise errors.not_understood(self._service)
        return None

    def is_admin(self) -> bool:
        """Whether Nova takes the caller for an admin, who sees the servers of all projects.

        Nova answers 404 for other projects' servers to everybody else. It lists deleted servers
        for admins only.
        """
        try:
            self.json("GET", path("servers", status="DELETED", limit=1), microversion=_EXISTENCE)
        except exceptions.Forbidden:
            return False
        return True

    def are_all_cells_up(self) -> bool:
        """Whether every cell that has compute hosts responds; for cloud admins.

        Nova leaves the servers of other cells out of its lists.
        """
        services = self.json("GET", path("os-services", binary="nova-compute"), microversion=CELLS)[
            "services"
        ]
        return all(service["status"] != "UNKNOWN" for service in services)
