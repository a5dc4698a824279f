# SPDX-License-Identifier: Apache-2.0
"""Create the servers of new instances in Nova: all of them, or none."""

import contextlib
import secrets
from collections.abc import Iterable, Sequence
from functools import partial
from typing import cast

from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.adapters.parallel import run_in_threads
from kic_vm.operations import rollback
from kic_vm.operations.instances.create.interfaces import Interfaces, Placement, make_ports
from kic_vm.operations.networks import made_ports
from kic_vm.operations.projects import quotas
from kic_vm.operations.request import RequestServices
from kic_vm.resources.compute import Flavor, NamedServer, Server, ServerRequest
from kic_vm.resources.network import MadePort, Port

LOG = logging.getLogger(__name__)


def create_servers(
    services: RequestServices,
    server: ServerRequest,
    placements: list[Placement],
    count: int,
    flavor: Flavor,
) -> Sequence[NamedServer]:
    """Create servers, and return Nova's answers about them.

    One upstream call; two for several servers. If ports must be created, one call creates the
    ports of all servers; several servers then take one call each, side by side, after a check of
    the quota. One more call for each port then tags the port with its server.

    :param server: Nova's request without ``networks`` and the counts
    :raises KicVmError: a server could not be created; the others were deleted
    """
    with contextlib.ExitStack() as stack:
        for placement in placements:
            if placement.existing:
                stack.enter_context(made_ports.handed_over(services, placement.existing))
        return _create_servers(services, server, placements, count, flavor)


def _create_servers(
    services: RequestServices,
    server: ServerRequest,
    placements: list[Placement],
    count: int,
    flavor: Flavor,
) -> Sequence[NamedServer]:
    names = _names(server["name"], count)
    if any(placement.port for placement in placements):
        if count > 1:
            # Nova checks servers created side by side one by one, and refuses some only later.
            each = {"instances": 1, "cores": flavor["vcpus"], "memory_mb": flavor["ram"]}
            quotas.check(
                services.openstack.compute.get_quotas,
                {quota: count * amount for quota, amount in each.items()},
            )
        return _create_each(services, server, make_ports(services, placements, names))
    networks = [placement.request for placement in placements if placement.request]
    server = {**server, "networks": networks}
    if count == 1:
        return [_create(services, server)]
    return _create_reserved(services, server, count)


def _names(name: str, count: int) -> list[str]:
    """The names that Nova gives to servers created in one request."""
    return [name] if count == 1 else [f"{name}-{number}" for number in range(1, count + 1)]


def _create(services: RequestServices, server: ServerRequest) -> NamedServer:
    single: ServerRequest = {**server, "min_count": 1, "max_count": 1}
    # The answer itself, not a copy: a failure to read it is then a failure of the service.
    created = cast(NamedServer, services.openstack.compute.create_server(single))
    created["name"] = server["name"]
    return created


def _create_reserved(services: RequestServices, server: ServerRequest, count: int) -> list[Server]:
    """Create several servers in one call, with a reservation id: otherwise Nova returns only one.

    With a reservation id, Nova does not return the password, so the request sets one.
    """
    compute = services.openstack.compute
    password = secrets.token_urlsafe(12)
    wanted: ServerRequest = {
        **server,
        "adminPass": password,
        "min_count": count,
        "max_count": count,
    }
    reservation = compute.create_reserved_servers(wanted)
    try:
        servers = compute.list_reserved_servers(reservation)
        if len(servers) < count:  # a cell may not answer
            raise exceptions.UpstreamError("compute")  # noqa: TRY301 - worded below
    except exceptions.UpstreamError as error:
        raise exceptions.UpstreamError(
            "compute",
            "The instances are being created, but the compute service did not return their ids: "
            "list your instances before you try again.",
        ) from error
    return [{**created, "adminPass": password} for created in servers]


def _create_each(
    services: RequestServices, server: ServerRequest, interfaces: list[Interfaces]
) -> list[NamedServer]:
    outcomes = run_in_threads(
        *(
            partial(_attempt, services, _request_of(server, planned), planned)
            for planned in interfaces
        )
    )
    failures = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    if not failures:
        return outcomes
    run_in_threads(
        *(
            partial(_undo, services, outcome, one)
            for outcome, one in zip(outcomes, interfaces, strict=True)
        )
    )
    # The caller must learn first that a server may still be created.
    raise min(failures, key=exceptions.is_refusal)


def _request_of(server: ServerRequest, interfaces: Interfaces) -> ServerRequest:
    return {**server, "name": interfaces.name, "networks": interfaces.networks}


def _attempt(
    services: RequestServices, server: ServerRequest, interfaces: Interfaces
) -> NamedServer | Exception:
    """Nova's answer, or its error: the caller raises it when all other calls have ended."""
    try:
        created = _create(services, server)
        made_ports.tag_ports(services, interfaces.made_ports, created["id"])
    except Exception as error:  # noqa: BLE001 - raised again, when all have ended
        return error
    return created


def _undo(
    services: RequestServices, outcome: NamedServer | Exception, interfaces: Interfaces
) -> None:
    """Remove a server and its ports; note what may remain.

    The ports stay if the server may still be created, or is not gone at once: the worker removes
    them later.
    """
    if isinstance(outcome, Exception):
        if exceptions.is_refusal(outcome):
            _remove_ports(services, interfaces.made_ports)
        return
    compute, server_id = services.openstack.compute, outcome["id"]
    try:
        with contextlib.suppress(exceptions.NotFound):
            compute.delete_server(server_id)
        if compute.find_server(server_id) is None:
            _remove_ports(services, services.openstack.network.list_made_ports(server_id))
    except exceptions.KicVmError as error:
        LOG.warning("Could not delete server %s of a failed request: %s", server_id, error)
        rollback.note_remains()


def _remove_ports(services: RequestServices, ports: Iterable[Port | MadePort]) -> None:
    if not made_ports.remove(services, ports):
        rollback.note_remains()
