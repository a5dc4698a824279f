"""Create the servers of new instances: all of them, or none."""

import contextlib
import secrets
from functools import partial
from typing import Any

from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.adapters.parallel import run_in_threads
from kic_vm.operations.instances.create.interfaces import Interfaces, Placement, make_ports
from kic_vm.operations.networks import made_ports
from kic_vm.operations.projects import quotas
from kic_vm.operations.request import RequestServices

JSON = dict[str, Any]

LOG = logging.getLogger(__name__)


def create_servers(
    services: RequestServices, server: JSON, placements: list[Placement], count: int, flavor: JSON
) -> list[JSON]:
    """Create the servers; Nova's answers.

    One upstream call; two for several servers. Where the gateway has to create ports, one call
    creates the ports of all servers. Several servers then need one call for the quota, and one for
    each server, side by side. One more call for each port tags it with its server.

    :param server: Nova's request without ``networks`` and the counts
    :raises KicVmError: one of the servers could not be created; the others are deleted
    """
    with contextlib.ExitStack() as stack:
        for placement in placements:
            if placement.existing:
                stack.enter_context(made_ports.handed_over(services, placement.existing))
        return _create_servers(services, server, placements, count, flavor)


def _create_servers(
    services: RequestServices, server: JSON, placements: list[Placement], count: int, flavor: JSON
) -> list[JSON]:
    names = _names(server["name"], count)
    if any(placement.port for placement in placements):
        if count > 1:
            # The servers are created side by side: without this check, some would be created
            # before Nova refuses the others.
            per_server = {"instances": 1, "cores": flavor["vcpus"], "memory_mb": flavor["ram"]}
            quotas.check(
                services.openstack.compute.get_quotas,
                {quota: count * amount for quota, amount in per_server.items()},
            )
        return _create_each(services, server, make_ports(services, placements, names))
    server = server | {"networks": [placement.request for placement in placements]}
    if count == 1:
        return [_create(services, server)]
    return _create_reserved(services, server, count)


def _names(name: str, count: int) -> list[str]:
    """The names that Nova gives to servers that are created together."""
    return [name] if count == 1 else [f"{name}-{number}" for number in range(1, count + 1)]


def _create(services: RequestServices, server: JSON) -> JSON:
    created = services.openstack.compute.create_server(server | {"min_count": 1, "max_count": 1})
    return created | {"name": server["name"]}


def _create_reserved(services: RequestServices, server: JSON, count: int) -> list[JSON]:
    """Create several servers in one call, with a reservation id.

    Without a reservation id, Nova's answer names only the first server. With one, the answer lacks
    the password, so the request sets it.
    """
    compute = services.openstack.compute
    password = secrets.token_urlsafe(12)
    request = server | {"adminPass": password, "min_count": count, "max_count": count}
    reservation = compute.create_reserved_servers(request)
    try:
        servers = compute.list_reserved_servers(reservation)
        if len(servers) < count:  # a cell may not answer
            raise exceptions.UpstreamError("compute")  # noqa: TRY301 - reworded below
    except exceptions.UpstreamError as error:
        raise exceptions.UpstreamError(
            "compute",
            "The instances are being created, but the compute service did not return their ids: "
            "list your instances before you try again.",
        ) from error
    # A new server shows its groups only later; this is what Nova answers for a single server.
    request_values = {
        "adminPass": password,
        "security_groups": server.get("security_groups", [{"name": "default"}]),
    }
    return [created | request_values for created in servers]


def _create_each(
    services: RequestServices, server: JSON, interfaces: list[Interfaces]
) -> list[JSON]:
    outcomes = run_in_threads(
        *(
            partial(
                _attempt,
                services,
                server | {"name": server_interfaces.name, "networks": server_interfaces.networks},
                server_interfaces,
            )
            for server_interfaces in interfaces
        )
    )
    failures = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    if not failures:
        return outcomes
    run_in_threads(
        *(
            partial(_roll_back, services, outcome, server_interfaces)
            for outcome, server_interfaces in zip(outcomes, interfaces, strict=True)
        )
    )
    # An unknown outcome comes first: the caller has to know that a server may still appear.
    raise min(failures, key=_is_refused)


def _attempt(services: RequestServices, server: JSON, interfaces: Interfaces) -> JSON | Exception:
    """Nova's answer, or the error: it is raised after all attempts have ended."""
    try:
        created = _create(services, server)
        made_ports.tag_ports(services, interfaces.made_ports, created["id"])
    except Exception as error:  # noqa: BLE001 - raised again when all attempts have ended
        return error
    return created


def _is_refused(failure: Exception) -> bool:
    """Whether it is certain that Nova creates no server."""
    return isinstance(failure, exceptions.KicVmError) and not failure.is_outcome_unknown


def _roll_back(
    services: RequestServices, outcome: JSON | Exception, interfaces: Interfaces
) -> None:
    """Delete a server and its ports.

    The ports stay when the server may still appear, or is not deleted at once: the worker deletes
    them later.
    """
    if isinstance(outcome, Exception):
        if _is_refused(outcome):
            made_ports.remove(services, interfaces.made_ports)
        return
    compute, server_id = services.openstack.compute, outcome["id"]
    try:
        with contextlib.suppress(exceptions.NotFound):
            compute.delete_server(server_id)
        if compute.find_server(server_id) is None:
            made_ports.remove(services, services.openstack.network.list_made_ports(server_id))
    except exceptions.KicVmError as error:
        LOG.warning("Could not delete server %s of a failed request: %s", server_id, error)
