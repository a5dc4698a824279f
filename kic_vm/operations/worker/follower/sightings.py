# SPDX-License-Identifier: Apache-2.0
"""Servers of Nova and volumes of Cinder -> sightings of documented states."""

from typing import Final

from kic_vm.events.model import INSTANCE, VOLUME, Event, Sighting, microseconds, stamp_now
from kic_vm.lifecycle.table import LifecycleTables
from kic_vm.mappings.times import utc
from kic_vm.resources.block_storage import Volume
from kic_vm.resources.compute import Server

_DELETED: Final = "deleted"


def sighting_of_instance(
    lifecycle: LifecycleTables,
    *,
    project_id: str,
    instance_id: str,
    name: str | None,
    flavor_id: str | None,
    vm_state: str | None,
    task_state: str | None,
    at: str | None,
    is_deleted: bool = False,
    confirm_in_progress: bool = False,
) -> Sighting:
    """An instance with the pair of states that Nova shows.

    :param at: Nova's time of the change; None if unknown
    """
    is_deleted = is_deleted or vm_state == _DELETED
    row = lifecycle.instance_state(
        _DELETED if is_deleted else vm_state, task_state, confirm_in_progress=confirm_in_progress
    )
    event = Event(
        type=INSTANCE,
        id=instance_id,
        name=name,
        state=row.state,
        billable=row.billable,
        at=_time(at),
        seen_at=stamp_now(),
        flavor_id=flavor_id,
        deleted=is_deleted,
    )
    return Sighting(project_id, event)


def sighting_of_server(
    server: Server, lifecycle: LifecycleTables, *, confirm_in_progress: bool = False
) -> Sighting:
    """An instance as a list of Nova shows it.

    :param server: the server at microversion compute.STATE
    """
    return sighting_of_instance(
        lifecycle,
        project_id=server["tenant_id"],
        instance_id=server["id"],
        name=server["name"],
        flavor_id=server["flavor"]["id"],
        vm_state=server["OS-EXT-STS:vm_state"],
        task_state=server["OS-EXT-STS:task_state"],
        at=server["updated"],
        confirm_in_progress=confirm_in_progress,
    )


def sighting_of_volume(
    lifecycle: LifecycleTables,
    *,
    project_id: str,
    volume_id: str,
    name: str | None,
    status: str | None,
    size: int | None,
    at: str | None,
    is_deleted: bool = False,
) -> Sighting:
    """A volume with the status that Cinder shows.

    :param at: Cinder's time of the change; None if unknown
    """
    row = lifecycle.volume_state("deleting" if is_deleted else status)
    event = Event(
        type=VOLUME,
        id=volume_id,
        name=name or None,
        state=row.state,
        billable=row.billable,
        at=_time(at),
        seen_at=stamp_now(),
        size=size,
        deleted=is_deleted,
    )
    return Sighting(project_id, event)


def sighting_of_listed_volume(volume: Volume, lifecycle: LifecycleTables) -> Sighting:
    """A volume as a list of Cinder shows it."""
    return sighting_of_volume(
        lifecycle,
        project_id=volume["os-vol-tenant-attr:tenant_id"],
        volume_id=volume["id"],
        name=volume["name"],
        status=volume["status"],
        size=volume["size"],
        at=volume["updated_at"] or volume["created_at"],
    )


def deleted(last: Sighting) -> Sighting:
    """The deletion of a resource, at an unknown time, given its last sighting."""
    event = last.event
    state = "Deleting"  # of both tables: no resource has this state after its deletion
    return Sighting(
        last.project_id,
        Event(
            type=event.type,
            id=event.id,
            name=event.name,
            state=state,
            billable=False,
            at=None,
            seen_at=stamp_now(),
            flavor_id=event.flavor_id,
            size=event.size,
            deleted=True,
        ),
    )


def _time(stamp: str | None) -> str | None:
    """A time of OpenStack for clients.

    :raises ValueError: it is no time; all sightings together could not be recorded with it
    """
    at = utc(stamp)
    microseconds(at)
    return at
