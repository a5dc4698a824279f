"""Asking Nova for the servers of new instances: all of them, or none that is left behind."""

import secrets
from functools import partial
from typing import Any

from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.adapters.parallel import gather
from kic_vm.operations import instance_networks, quotas
from kic_vm.operations.instance_networks import Interfaces, Placement
from kic_vm.operations.scope import Scope

JSON = dict[str, Any]

LOG = logging.getLogger(__name__)


def create_servers(
    scope: Scope, server: JSON, placements: list[Placement], count: int, flavor: JSON
) -> list[JSON]:
    """Nova's answers about the new servers.

    One upstream call; two for several servers. Where ports have to be made, one call makes those of
    all servers; several servers are then one call each, side by side, after a look at the quota.

    :param server: Nova's request but for ``networks`` and the counts
    :raises KicVmError: why one of them could not be made; nothing is left of the others
    """
    names = _names(server["name"], count)
    if any(placement.port for placement in placements):
        if count > 1:
            # Made side by side, each would find out by itself, some of them too late.
            each = {"instances": 1, "cores": flavor["vcpus"], "memory_mb": flavor["ram"]}
            quotas.check(
                scope.openstack.compute.get_quotas,
                {quota: count * amount for quota, amount in each.items()},
            )
        return _create_each(scope, server, instance_networks.make_ports(scope, placements, names))
    server = server | {"networks": [placement.request for placement in placements]}
    if count == 1:
        return [_create(scope, server)]
    return _create_reserved(scope, server, count)


def _names(name: str, count: int) -> list[str]:
    """The names that Nova gives to servers which it makes together."""
    return [name] if count == 1 else [f"{name}-{number}" for number in range(1, count + 1)]


def _create(scope: Scope, server: JSON) -> JSON:
    created = scope.openstack.compute.create_server(server | {"min_count": 1, "max_count": 1})
    return created | {"name": server["name"]}


def _create_reserved(scope: Scope, server: JSON, count: int) -> list[JSON]:
    """Several in one call, of which Nova names but the first unless it is asked for a reservation.

    With a reservation it keeps the password to itself, so it is told one.
    """
    compute = scope.openstack.compute
    password = secrets.token_urlsafe(12)
    wanted = server | {"adminPass": password, "min_count": count, "max_count": count}
    reservation = compute.create_reserved_servers(wanted)
    try:
        servers = compute.list_reserved_servers(reservation)
    except exceptions.UpstreamError as error:
        raise exceptions.UpstreamError(
            "compute",
            "The instances are being made, but the compute service did not say which they are: "
            "list your instances before you try again.",
        ) from error
    # The servers know their groups only later; these are Nova's words in its answer to one.
    known = {
        "adminPass": password,
        "security_groups": server.get("security_groups", [{"name": "default"}]),
    }
    return [one | known for one in servers]


def _create_each(scope: Scope, server: JSON, interfaces: list[Interfaces]) -> list[JSON]:
    outcomes = gather(
        *(
            partial(_attempt, scope, server | {"name": one.name, "networks": one.networks})
            for one in interfaces
        )
    )
    failures = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    if not failures:
        return outcomes
    gather(
        *(
            partial(_undo, scope, outcome, one)
            for outcome, one in zip(outcomes, interfaces, strict=True)
        )
    )
    # That one may yet come to be is what the caller has to know first.
    timeouts = [one for one in failures if isinstance(one, exceptions.UpstreamTimeout)]
    raise (timeouts or failures)[0]


def _attempt(scope: Scope, server: JSON) -> JSON | Exception:
    """Nova's answer, or why there is none: the others have to be known before it is raised."""
    try:
        return _create(scope, server)
    except Exception as error:  # noqa: BLE001 - raised again, when all have ended
        return error


def _undo(scope: Scope, outcome: JSON | Exception, interfaces: Interfaces) -> None:
    """Remove a server and its ports; where Nova has not answered in time the ports stay.

    The instance may yet come to be, and the worker removes what then belongs to none.
    """
    if isinstance(outcome, exceptions.UpstreamTimeout):
        return
    if not isinstance(outcome, Exception):
        try:
            scope.openstack.compute.delete_server(outcome["id"])
        except exceptions.NotFound:
            pass
        except exceptions.KicVmError as error:
            LOG.warning("Server %s, one of a refused lot, stays behind: %s", outcome["id"], error)
            return
    instance_networks.remove_ports(scope, interfaces.made_ports)
