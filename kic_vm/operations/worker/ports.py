"""The worker's part for ports that the gateway made: it removes those that no instance has.

A list without a server proves nothing: a cell may be down, a page missing, the server soft-deleted.
Nova is asked for each server by its id.
"""

import datetime
import itertools
from collections.abc import Iterable
from functools import partial
from typing import Any, Final

from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.adapters.interleaved import gather_reads
from kic_vm.operations.networks import made_ports
from kic_vm.operations.request import RequestServices
from kic_vm.operations.worker import lease

JSON = dict[str, Any]

LOG = logging.getLogger(__name__)

# Of one kind in a round; the rest waits for the next.
_MOST_CALLS: Final = 200
# For Nova's databases to agree that a server exists.
_SETTLING_SECONDS: Final = 60
# In these states Nova has attached all that it was asked to attach.
_SETTLED_STATES: Final = frozenset(
    {"active", "paused", "rescued", "resized", "shelved", "shelved_offloaded", "stopped"}
    | {"suspended"}
)


def remove_ports(services: RequestServices) -> None:
    """Remove the ports whose instances are gone, and those that no instance will ever get.

    The ports of an instance are removed after Nova has said, by id, that it has no such server. A
    port that never had an instance is removed [worker] port_grace_time after its last change, when
    every cell responds and no server of its project is being built. A port that was detached from
    its instance is the user's and loses its mark.

    One upstream call, and one for each port that has no tag yet. One for each server, at most once
    in the grace time, and one before them. Two while there are ports without an instance.
    """
    grace = services.app_state.conf.worker.port_grace_time
    ports = services.openstack.network.list_all_made_ports()
    _tag_untagged(services, ports)
    for port in ports:
        if _is_moved(port):
            _give_away(services, port)
    # Nova detaches a port when it removes the server. Where it could not, there is no hurry.
    detached = [
        port
        for port in ports
        if not port["device_id"]
        and made_ports.instances_of(port)
        and _is_unchanged_for(port, min(grace, _SETTLING_SECONDS))
    ]
    old = [port for port in ports if _is_unchanged_for(port, grace)]
    tagged = [port for port in old if made_ports.instances_of(port)]
    attached = [port for port in tagged if _is_of_server(port) and not _is_moved(port)]
    unused = [port for port in old if not port["device_id"] and port not in tagged]
    _settle(services, detached + attached, max(grace, 1))
    if unused and lease.acquire(services, "unused-ports", max(min(grace, _SETTLING_SECONDS), 1)):
        _remove_unused(services, unused)


def _is_unchanged_for(port: JSON, seconds: int) -> bool:
    before = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=seconds)
    return datetime.datetime.fromisoformat(port["updated_at"]) <= before


def _is_of_server(port: JSON) -> bool:
    """Whether a server has the port, which some other device may have, too."""
    return bool(port["device_id"]) and port["device_owner"].startswith("compute:")


def _tag_untagged(services: RequestServices, ports: Iterable[JSON]) -> None:
    """Name the servers that have ports, as nothing tells any more after Nova has detached them."""
    untagged = (port for port in ports if _is_of_server(port) and not made_ports.instances_of(port))
    for port in itertools.islice(untagged, _MOST_CALLS):
        made_ports.tag_ports(services, [port], port["device_id"])


def _is_moved(port: JSON) -> bool:
    """Whether something else has the port than the instance that it was made for."""
    instances = made_ports.instances_of(port)
    return bool(port["device_id"] and instances) and port["device_id"] not in instances


def _settle(services: RequestServices, ports: list[JSON], interval: float) -> None:
    """Remove the ports of servers that are gone; give away those that servers do without."""
    servers: dict[str, JSON | None] = {}
    wanted = {server_id for port in ports for server_id in _servers_of(port)}
    due = (one for one in sorted(wanted) if lease.acquire(services, f"ports-of:{one}", interval))
    ids = list(itertools.islice(due, _MOST_CALLS))
    if ids and not services.openstack.compute.is_admin():
        # To anybody else Nova says of other projects' servers that they do not exist.
        raise exceptions.GatewayNotAllowed(
            "The user of [service_user] is no admin in Nova, so it cannot tell whether instances "
            "are gone: their ports stay."
        )
    for found in gather_reads(*(partial(_find, services, server_id) for server_id in ids)):
        servers |= found
    gone = {server_id for server_id, server in servers.items() if server is None}
    for port in ports:
        if _servers_of(port) <= gone:
            made_ports.remove(services, [port])
        elif not port["device_id"] and _is_any_settled(servers, _servers_of(port)):
            _give_away(services, port)


def _servers_of(port: JSON) -> set[str]:
    """The ids of the servers that a port was made for, or that have it."""
    return made_ports.instances_of(port) | ({port["device_id"]} - {""})


def _find(services: RequestServices, server_id: str) -> dict[str, JSON | None]:
    """The server, or None for one that is gone, by its id; nothing where Nova does not tell."""
    try:
        return {server_id: services.openstack.compute.find_server(server_id)}
    except exceptions.KicVmError as error:
        LOG.warning("Nova does not tell whether server %s exists: %s", server_id, error)
        return {}


def _is_any_settled(servers: dict[str, JSON | None], ids: set[str]) -> bool:
    """Whether one of these servers is there and has all the ports that it will get."""
    return any(
        server["OS-EXT-STS:vm_state"] in _SETTLED_STATES and not server["OS-EXT-STS:task_state"]
        for server_id in ids
        if (server := servers.get(server_id)) is not None
    )


def _give_away(services: RequestServices, port: JSON) -> None:
    try:
        made_ports.release(services, port)
        LOG.info("Port %s was detached from its instance: it is the user's now", port["id"])
    except exceptions.KicVmError as error:
        LOG.warning("Port %s cannot be given to the user now: %s", port["id"], error)


def _remove_unused(services: RequestServices, ports: list[JSON]) -> None:
    """Remove ports that no server names, but none that a server may yet ask for.

    A creation whose answer was lost may still wait in Nova. Until its server has the port, Nova
    shows the server as being built, and not at all while its cell does not respond.
    """
    compute = services.openstack.compute
    if not compute.are_all_cells_up():
        LOG.info("%d unused ports stay while a cell of Nova does not respond", len(ports))
        return
    building = {server["tenant_id"] for server in compute.list_all_servers("BUILD")}
    made_ports.remove(services, [port for port in ports if port["project_id"] not in building])
