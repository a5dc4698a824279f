# SPDX-License-Identifier: Apache-2.0
"""Volumes of an instance: attach, update, detach."""

import contextlib
from collections.abc import Callable
from functools import partial

from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.adapters import compute
from kic_vm.adapters.parallel import run_in_threads
from kic_vm.mappings import instance_volumes as mapping
from kic_vm.operations import earlier_attempts
from kic_vm.operations.instances.states import (
    documented_state,
    get_server_for,
    state_conflicts_reported,
)
from kic_vm.operations.ownership import get_own_server, get_own_volume
from kic_vm.operations.request import RequestServices
from kic_vm.operations.rollback import all_or_nothing
from kic_vm.resources.compute import Server
from kic_vm.schemas.instance_volumes import AttachedVolumeUpdateBody, VolumeAttachBody

LOG = logging.getLogger(__name__)


def attach_volume(
    services: RequestServices, instance_id: str, volume_id: str, options: VolumeAttachBody
) -> mapping.VolumeAttachmentView:
    """Start to attach a volume. 3 upstream calls, the first two side by side.

    :param options: ``is_delete_on_termination``
    :raises NotFound: the project has no such instance or volume
    :raises Conflict: the volume is not available
    """
    command = "attach-volume"
    if earlier_attempts.is_repeated(services):
        with contextlib.suppress(exceptions.NotFound):
            get_own_server(services, instance_id, compute.STATE)
            attachment = services.openstack.compute.get_volume_attachment(instance_id, volume_id)
            return mapping.volume_from_attachment(attachment)
    earlier_attempts.note_absence(services)
    _server, volume = run_in_threads(
        partial(get_server_for, services, instance_id, command),
        partial(get_own_volume, services, volume_id),
    )
    state = services.app_state.translation.lifecycle.volume_state(volume["status"])
    if not state.allows("attach"):
        raise exceptions.Conflict(
            f"The volume is {state.state}: only an available volume can be attached."
        )
    with state_conflicts_reported(services, instance_id, command):
        attachment = services.openstack.compute.attach_volume(
            instance_id,
            volume_id,
            is_delete_on_termination=bool(options["is_delete_on_termination"]),
        )
    return mapping.volume_from_attachment(attachment)


def update_volume(
    services: RequestServices, instance_id: str, volume_id: str, changes: AttachedVolumeUpdateBody
) -> None:
    """Update an attached volume. 2 or 3 upstream calls.

    :param changes: ``is_delete_on_termination``, ``name`` and ``description``; a null description
        clears it, the others stay when they are null
    :raises NotFound: the volume is not attached to this instance
    """
    if not changes:
        raise exceptions.InvalidField(
            "volume", "give a name, a description or is_delete_on_termination to change."
        )
    is_delete_on_termination = changes.get("is_delete_on_termination")
    microversion = compute.STATE if is_delete_on_termination is None else compute.ATTACHED
    server = _get_server_with_volume(services, instance_id, volume_id, "update", microversion)
    set_deletion = partial(
        services.openstack.compute.update_volume_attachment, instance_id, volume_id
    )
    volume_changes = {}
    if "description" in changes:
        volume_changes["description"] = changes["description"]
    if (name := changes.get("name")) is not None:
        volume_changes["name"] = name
    with state_conflicts_reported(services, instance_id, "update"), all_or_nothing() as undo:
        if is_delete_on_termination is not None:
            former = mapping.is_deleted_on_termination(server, volume_id)
            set_deletion(is_delete_on_termination=is_delete_on_termination)
            undo(partial(set_deletion, is_delete_on_termination=former))
        if volume_changes:
            services.openstack.block_storage.update_volume(volume_id, volume_changes)


def detach_volume(services: RequestServices, instance_id: str, volume_id: str) -> None:
    """Start to detach a volume.

    2 upstream calls; one more when the instance is terminated and the volume has
    is_delete_on_termination.

    :raises NotFound: the volume is not attached to this instance
    :raises Conflict: it is the root volume
    """
    command = "detach-volume"
    server = _get_server_with_volume(services, instance_id, volume_id, command, compute.ATTACHED)
    is_terminated = documented_state(services, server).state == "Shelved_offloaded"
    with state_conflicts_reported(services, instance_id, command):
        if is_terminated and mapping.is_deleted_on_termination(server, volume_id):
            _detach_and_keep(services, instance_id, volume_id)
        else:
            services.openstack.compute.detach_volume(instance_id, volume_id)


def _detach_and_keep(services: RequestServices, instance_id: str, volume_id: str) -> None:
    """Detach a volume from a terminated instance, and keep the volume.

    On a detach from a terminated instance, Nova deletes a volume that has
    is_delete_on_termination. So this clears the flag first, and sets it again when Nova refuses
    the detach.
    """
    nova = services.openstack.compute
    set_deletion = partial(nova.update_volume_attachment, instance_id, volume_id)
    restore = partial(_restore, partial(set_deletion, is_delete_on_termination=True), volume_id)
    with all_or_nothing() as undo:
        try:
            set_deletion(is_delete_on_termination=False)
        except exceptions.KicVmError as error:
            if error.is_outcome_unknown:
                with contextlib.suppress(exceptions.KicVmError):
                    restore()
            raise
        # Not when the outcome is unknown: Nova may still detach the volume, and would delete it.
        undo(restore)
        nova.detach_volume(instance_id, volume_id)


def _restore(change: Callable[[], None], volume_id: str) -> None:
    try:
        change()
    except exceptions.KicVmError as error:
        LOG.warning(
            "Could not restore is_delete_on_termination: volume %s will not be deleted with its "
            "instance: %s",
            volume_id,
            error,
        )
        raise


def _get_server_with_volume(
    services: RequestServices,
    instance_id: str,
    volume_id: str,
    command: str,
    microversion: str = compute.STATE,
) -> Server:
    """The server that the volume is attached to, when its state allows the command.

    :raises NotFound: the volume is not attached to this instance
    """
    server = get_server_for(services, instance_id, command, microversion)
    if not mapping.is_attached(server, volume_id):
        raise exceptions.NotFound("This volume is not attached to the instance.")
    return server
