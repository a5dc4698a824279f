# SPDX-License-Identifier: Apache-2.0
"""Whether a volume's documented state allows a command: checked before and after the call."""

import contextlib
import dataclasses
from collections.abc import Iterator
from functools import partial

from kic_vm import exceptions
from kic_vm.adapters import compute
from kic_vm.adapters.http.interleaved import gather_reads
from kic_vm.lifecycle.model import VolumeState
from kic_vm.mappings import volumes as mapping
from kic_vm.operations.ownership import get_own_server, get_own_volume
from kic_vm.operations.refusals import refusal
from kic_vm.operations.request import RequestServices
from kic_vm.resources.block_storage import Snapshot, Volume
from kic_vm.resources.compute import Server


def read_with_snapshots(services: RequestServices, volume_id: str) -> tuple[Volume, list[Snapshot]]:
    """The volume, and its snapshots in creation. 2 upstream calls side by side.

    :raises NotFound: the project has no volume with this id
    """
    volume, snapshots = gather_reads(
        partial(get_own_volume, services, volume_id),
        partial(
            services.openstack.block_storage.list_snapshots, volume_id=volume_id, status="creating"
        ),
    )
    return volume, snapshots


def get_volume_for(services: RequestServices, volume_id: str, command: str) -> Volume:
    """A volume whose state allows the command. 2 upstream calls side by side.

    A refusal for an attached volume takes more calls: it reports the state that a get shows.

    :raises NotFound: the project has no volume with this id
    :raises InvalidState: the state forbids the command; the error lists the permitted ones
    """
    volume, snapshots = read_with_snapshots(services, volume_id)
    if not _state(services, volume, snapshots).allows(command):
        raise _refusal(services, command, volume, snapshots)
    return volume


@contextlib.contextmanager
def state_conflicts_reported(
    services: RequestServices, volume_id: str, command: str
) -> Iterator[None]:
    """Report Cinder's conflicts within the block as InvalidState, if the state explains them.

    After a conflict, the volume is read again: its state may have changed since the first read,
    or the conflict has another reason.

    :raises InvalidState: instead of Conflict, if the state now forbids the command
    """
    try:
        yield
    except exceptions.Conflict as error:
        volume, snapshots = read_with_snapshots(services, volume_id)
        if _state(services, volume, snapshots).allows(command):
            raise
        raise _refusal(services, command, volume, snapshots) from error


def _state(services: RequestServices, volume: Volume, snapshots: list[Snapshot]) -> VolumeState:
    return services.app_state.translation.lifecycle.volume_state(
        volume["status"], snapshot_in_progress=bool(snapshots), limits=mapping.limits_of(volume)
    )


def _refusal(
    services: RequestServices, command: str, volume: Volume, snapshots: list[Snapshot]
) -> exceptions.KicVmError:
    state = _state(services, volume, snapshots)
    # The command is refused in any case, so a failed read must not replace the refusal.
    with contextlib.suppress(exceptions.KicVmError):
        related = _related_resources(services, volume, snapshots)
        state = mapping.state_of(volume, related, services.app_state.translation.lifecycle)
    if command == "delete" and state.state == "Deleting":
        return exceptions.AlreadyUnderWay(
            "The volume is already being deleted (Deleting): delete has nothing to do.",
            state=state.state,
            allowed_actions=list(state.allowed_actions),
        )
    error = refusal("volume", state, command)
    if command == "delete" and volume["status"] in {"in-use", "reserved"}:
        error.message += " It is attached to an instance: detach it first, or delete the instance."
    return error


def read_with_surroundings(
    services: RequestServices, volume_id: str
) -> tuple[Volume, mapping.VolumeRelatedResources]:
    """The volume, and the resources that its state depends on.

    2 upstream calls side by side for a free volume; more for an attached one: see ``get_volume``.

    :raises NotFound: the project has no volume with this id
    """
    volume, snapshots = read_with_snapshots(services, volume_id)
    return volume, _related_resources(services, volume, snapshots)


def _related_resources(
    services: RequestServices, volume: Volume, snapshots: list[Snapshot]
) -> mapping.VolumeRelatedResources:
    server = _server_of(services, volume)
    attached = [volume]
    # To find the root among several volumes, all are needed; Cinder reads one volume, or all.
    has_others = server and len(server["os-extended-volumes:volumes_attached"]) > 1
    if has_others and volume["bootable"] == "true":
        attached = services.openstack.block_storage.list_volumes()
    related = mapping.related_resources(attached, [server] if server else [], snapshots)
    if server:  # known from Cinder; Nova may not yet list the volume with the server
        related = dataclasses.replace(related, servers={volume["id"]: server})
    return related


def _server_of(services: RequestServices, volume: Volume) -> Server | None:
    """The server that the volume is attached to, is being attached to, or waits for."""
    ids = [attachment["server_id"] for attachment in volume["attachments"]]
    if not ids and volume["status"] in mapping.STATUSES_WITHOUT_ATTACHMENT:
        attachments = services.openstack.block_storage.list_attachments(volume["id"])
        ids = [attachment["instance"] for attachment in attachments if attachment["instance"]]
    if not ids:
        return None
    try:
        return get_own_server(services, ids[0], compute.STATE)
    except exceptions.NotFound:  # it was deleted between the two calls
        return None
