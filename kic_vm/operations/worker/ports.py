# SPDX-License-Identifier: Apache-2.0
"""Deletion of ports that the gateway created for instances that no longer exist.

A server's absence from a list proves nothing: a cell may be down, a page may be missing, the server
may be soft-deleted. So Nova is asked for each server by its id.
"""

import datetime
import itertools
from collections.abc import Iterable
from functools import partial
from typing import Final

from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.adapters.http.interleaved import gather_reads
from kic_vm.operations.networks import made_ports
from kic_vm.operations.request import RequestServices
from kic_vm.operations.worker import lease
from kic_vm.resources.compute import Server
from kic_vm.resources.network import MadePort

LOG = logging.getLogger(__name__)

# The maximum number of calls of one kind in a round; the rest waits for the next round.
_MOST_CALLS: Final = 200
# The time that Nova's databases may need to agree that a server exists.
_SETTLING_SECONDS: Final = 60
# In these states Nova has attached all of the server's requested ports.
_SETTLED_STATES: Final = frozenset(
    {"active", "paused", "rescued", "resized", "shelved", "shelved_offloaded", "stopped"}
    | {"suspended"}
)
# The statuses of servers that are being built, and of fragments: servers in a cell that has failed.
_UNFINISHED: Final = frozenset({"BUILD", "UNKNOWN"})


def remove_ports(services: RequestServices) -> None:
    """Delete the ports of deleted instances, and ports that no instance will ever use.

    The ports of an instance are deleted after Nova has confirmed, by id, that the server does not
    exist. A port that never had an instance is deleted [worker] port_grace_time after its last
    update, if no server of its project is being built. A port that was detached from its instance
    belongs to the user and loses its mark.

    One upstream call, and one for each untagged port. One for each server, at most once in the
    grace time, or once a minute if it has detached ports, and one before them. One for all ports
    without an instance, at most once in the grace time.
    """
    grace = services.app_state.conf.worker.port_grace_time
    soon = min(grace, _SETTLING_SECONDS)
    ports = services.openstack.network.list_all_made_ports()
    _tag_untagged(services, ports)
    for port in ports:
        if _is_moved(port):
            _release(services, port)
    # Nova detaches a port when it deletes the server. A port that stays attached can wait.
    detached = [
        port
        for port in ports
        if not port["device_id"] and made_ports.instances_of(port) and _is_unchanged_for(port, soon)
    ]
    old = [port for port in ports if _is_unchanged_for(port, grace)]
    tagged = [port for port in old if made_ports.instances_of(port)]
    attached = [port for port in tagged if _is_of_server(port) and not _is_moved(port)]
    unused = [port for port in old if not port["device_id"] and port not in tagged]
    # A port that a user has detached is theirs. If they delete its server before the worker knows,
    # the port looks like one that Nova has detached.
    due = {
        *_due(services, "detached-ports-of", detached, max(soon, 1)),
        *_due(services, "ports-of", attached, max(grace, 1)),
    }
    _settle(services, detached + attached, due)
    # Nova lists all servers for this, so it is not done every minute.
    if unused and lease.acquire(services, "unused-ports", max(grace, 1)):
        _remove_unused(services, unused)


def _is_unchanged_for(port: MadePort, seconds: int) -> bool:
    before = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=seconds)
    return datetime.datetime.fromisoformat(port["updated_at"]) <= before


def _is_of_server(port: MadePort) -> bool:
    """Whether the port is attached to a server, not to another kind of device."""
    return bool(port["device_id"]) and port["device_owner"].startswith("compute:")


def _tag_untagged(services: RequestServices, ports: Iterable[MadePort]) -> None:
    """Tag ports with their servers, because the server is unknown after Nova has detached them."""
    untagged = (port for port in ports if _is_of_server(port) and not made_ports.instances_of(port))
    for port in itertools.islice(untagged, _MOST_CALLS):
        made_ports.tag_ports(services, [port], port["device_id"])


def _is_moved(port: MadePort) -> bool:
    """Whether the port is attached to something other than the instance it was created for."""
    instances = made_ports.instances_of(port)
    return bool(port["device_id"] and instances) and port["device_id"] not in instances


def _due(
    services: RequestServices, job: str, ports: Iterable[MadePort], interval: float
) -> Iterable[str]:
    """The ids of the ports' servers that no worker has asked about within ``interval`` seconds."""
    server_ids = {server_id for port in ports for server_id in _servers_of(port)}
    due = (
        server_id
        for server_id in sorted(server_ids)
        if lease.acquire(services, f"{job}:{server_id}", interval)
    )
    return itertools.islice(due, _MOST_CALLS)


def _settle(services: RequestServices, ports: list[MadePort], due: Iterable[str]) -> None:
    """Delete the ports of deleted servers; release the ports that their servers do not use.

    :param due: the ids of the servers to ask Nova about
    """
    servers: dict[str, Server | None] = {}
    due_ids = sorted(due)
    if due_ids and not services.openstack.compute.is_admin():
        # For any other user, Nova answers that other projects' servers do not exist.
        raise exceptions.GatewayNotAllowed(
            "The user of [service_user] is not an admin in Nova, so it cannot tell whether "
            "instances still exist: their ports stay. Give it the admin role."
        )
    for by_id in gather_reads(*(partial(_find, services, server_id) for server_id in due_ids)):
        servers |= by_id
    deleted = {server_id for server_id, server in servers.items() if server is None}
    for port in ports:
        if _servers_of(port) <= deleted:
            made_ports.remove(services, [port])
        elif not port["device_id"] and _is_any_settled(servers, _servers_of(port)):
            _release(services, port)


def _servers_of(port: MadePort) -> set[str]:
    """The ids of the servers that a port was created for or is attached to."""
    return made_ports.instances_of(port) | ({port["device_id"]} - {""})


def _find(services: RequestServices, server_id: str) -> dict[str, Server | None]:
    """The server by its id, None for a deleted one; empty when Nova does not answer."""
    try:
        return {server_id: services.openstack.compute.find_server(server_id)}
    except exceptions.KicVmError as error:
        LOG.warning("Could not read from Nova whether server %s exists: %s", server_id, error)
        return {}


def _is_any_settled(servers: dict[str, Server | None], ids: set[str]) -> bool:
    """Whether one of these servers exists and has all of its requested ports."""
    return any(
        server["OS-EXT-STS:vm_state"] in _SETTLED_STATES and not server["OS-EXT-STS:task_state"]
        for server_id in ids
        if (server := servers.get(server_id)) is not None
    )


def _release(services: RequestServices, port: MadePort) -> None:
    try:
        made_ports.release(services, port)
        LOG.info("Port %s was detached from its instance: it now belongs to the user", port["id"])
    except exceptions.KicVmError as error:
        LOG.warning("Could not release port %s to the user: %s", port["id"], error)


def _remove_unused(services: RequestServices, ports: list[MadePort]) -> None:
    """Delete ports that no server uses, except ports that a server may still need.

    A create request whose answer was lost may still be queued in Nova. Until its server has the
    port, Nova shows the server as being built, or as a fragment if its cell has failed.
    """
    servers = services.openstack.compute.list_all_servers_at_once()
    if servers is None:
        LOG.warning(
            "Keeping %d unused ports: Nova does not list all servers in one answer, so servers of "
            "a cell that does not respond may be missing",
            len(ports),
        )
        return
    building = {server["tenant_id"] for server in servers if server["status"] in _UNFINISHED}
    made_ports.remove(services, [port for port in ports if port["project_id"] not in building])
