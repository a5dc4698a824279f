# SPDX-License-Identifier: Apache-2.0
"""Ports that the gateway creates for an instance: their owners, and their removal.

The description marks such a port. As soon as Nova has assigned an id to the instance, a tag on
the port names the instance. When Nova deletes the instance, it only detaches these ports, so the
gateway deletes them: after Nova has reported that the instance is gone, and only if the ports have
not changed since they were read.
"""

import contextlib
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Final

from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.adapters.network import INSTANCE_TAG, PORT_MARK
from kic_vm.adapters.parallel import run_in_threads
from kic_vm.metrics import gateway as metrics
from kic_vm.operations.request import RequestServices
from kic_vm.operations.rollback import all_or_nothing
from kic_vm.resources.network import MadePort, Port, Revised

LOG = logging.getLogger(__name__)

# No client waits longer for the deletion of an instance.
_DELETION_SECONDS: Final = 3600.0


def instances_of(port: MadePort) -> set[str]:
    """The ids of the instances that a port's tags name."""
    return {tag.removeprefix(INSTANCE_TAG) for tag in port["tags"] if tag.startswith(INSTANCE_TAG)}


def tag_ports(
    services: RequestServices, ports: Iterable[Port | MadePort], instance_id: str
) -> None:
    """Tag an instance's ports with its id. One upstream call for each, side by side.

    A failure is only logged: the instance is being created, and the worker adds missing tags.
    """
    run_in_threads(*(partial(_tag_port, services, port["id"], instance_id) for port in ports))


def _tag_port(services: RequestServices, port_id: str, instance_id: str) -> None:
    try:
        services.openstack.network.tag_port(port_id, INSTANCE_TAG + instance_id)
    except exceptions.KicVmError as error:
        LOG.warning("Port %s gets no tag for instance %s: %s", port_id, instance_id, error)


@contextlib.contextmanager
def handed_over(services: RequestServices, port: Port) -> Iterator[None]:
    """Hand a port over to the user; Nova attaches or detaches it within the block.

    The mark is removed first, so that a failure between the calls never deletes a user's port. It
    is restored only if Nova has refused. No upstream call for a port without the mark.

    :param port: the port with all its fields in Neutron
    :raises Conflict: the port has changed since it was read
    """
    if port["description"] != PORT_MARK:
        yield
        return
    with all_or_nothing() as undo:
        released = release(services, port)
        undo(partial(_mark_again, services, released))
        yield


def release(services: RequestServices, port: Revised) -> Port:
    """Remove the mark, so that the port is the user's; the whole port. One upstream call.

    :raises Conflict: the port has changed since it was read
    """
    return services.openstack.network.update_port(port, {"description": ""})


def _mark_again(services: RequestServices, port: Port) -> None:
    try:
        services.openstack.network.update_port(port, {"description": PORT_MARK})
    except exceptions.KicVmError as error:
        LOG.warning("Port %s will outlive its instance: %s", port["id"], error)
        raise


def remove(services: RequestServices, ports: Iterable[Port | MadePort]) -> bool:
    """Delete ports, except those changed since they were read; whether all are gone.

    Failures are only logged.
    """
    is_complete = True
    for port in ports:
        try:
            services.openstack.network.delete_port(port)
        except exceptions.NotFound:
            continue
        except exceptions.KicVmError as error:
            is_complete = False
            LOG.warning("Port %s, made for an instance, stays for now: %s", port["id"], error)
            metrics.count_upkeep("remove_port", is_done=False)
        else:
            services.app_state.recent_lists.drop(port["project_id"])
            LOG.info("Port %s, made for an instance that is gone, is removed", port["id"])
            metrics.count_upkeep("remove_port")
    return is_complete


def remember_deletion(services: RequestServices, instance_id: str) -> None:
    """Note the deletion, so that the next read that finds the instance gone deletes its ports."""
    services.app_state.cache.set(_key(services, instance_id), b"deleting", _DELETION_SECONDS)


def remove_ports_of_deleted(services: RequestServices, instance_id: str) -> None:
    """Delete the ports of an instance that was deleted through the gateway and is gone.

    So the subnet is free as soon as a client sees that the instance is gone, even without a worker.
    Usually no upstream call; otherwise Neutron's list, Nova's proof, and one call for each port.
    """
    key, cache = _key(services, instance_id), services.app_state.cache
    if cache.get(key) != b"deleting" or not services.may("instances:delete"):
        return
    try:
        ports = services.openstack.network.list_made_ports(instance_id)
        if ports and services.openstack.compute.find_server(instance_id) is not None:
            return
    except exceptions.KicVmError as error:
        LOG.warning("The ports of instance %s stay for now: %s", instance_id, error)
        return
    remove(services, [port for port in ports if port["device_id"] in {"", instance_id}])
    cache.set(key, b"done", _DELETION_SECONDS)


def _key(services: RequestServices, instance_id: str) -> str:
    return f"deleted-instance:{services.project_id}:{instance_id}"
