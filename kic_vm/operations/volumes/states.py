"""Whether a volume's documented state allows a command, before and after Cinder is called."""

import contextlib
from collections.abc import Iterator
from functools import partial
from typing import Any

from kic_vm import exceptions
from kic_vm.adapters.interleaved import gather_reads
from kic_vm.lifecycle.model import VolumeState
from kic_vm.mappings.volumes import limits_of
from kic_vm.operations.ownership import get_own_volume
from kic_vm.operations.refusals import refusal
from kic_vm.operations.request import RequestServices

JSON = dict[str, Any]


def read_with_snapshots(services: RequestServices, volume_id: str) -> tuple[JSON, list[JSON]]:
    """The volume, and its snapshots that are being created. 2 upstream calls side by side.

    :raises NotFound: the project has no such volume
    """
    volume, snapshots = gather_reads(
        partial(get_own_volume, services, volume_id),
        partial(
            services.openstack.block_storage.list_snapshots, volume_id=volume_id, status="creating"
        ),
    )
    return volume, snapshots


def get_volume_for(services: RequestServices, volume_id: str, command: str) -> JSON:
    """A volume whose state allows the command. 2 upstream calls side by side.

    :raises NotFound: the project has no such volume
    :raises InvalidState: the state does not allow the command; names the allowed commands
    """
    volume, snapshots = read_with_snapshots(services, volume_id)
    state = _state(services, volume, snapshots)
    if not state.allows(command):
        raise _refusal(state, command, volume)
    return volume


@contextlib.contextmanager
def state_conflicts_reported(
    services: RequestServices, volume_id: str, command: str
) -> Iterator[None]:
    """Report Cinder's conflict as InvalidState when the state has changed.

    On a conflict, the state is read again: it may have changed since the command was checked. If it
    still allows the command, the conflict has another reason and passes through.

    :raises InvalidState: instead of Conflict, when the state no longer allows the command
    """
    try:
        yield
    except exceptions.Conflict as error:
        volume, snapshots = read_with_snapshots(services, volume_id)
        state = _state(services, volume, snapshots)
        if state.allows(command):
            raise
        raise _refusal(state, command, volume) from error


def _state(services: RequestServices, volume: JSON, snapshots: list[JSON]) -> VolumeState:
    return services.app_state.translation.lifecycle.volume_state(
        volume["status"], snapshot_in_progress=bool(snapshots), limits=limits_of(volume)
    )


def _refusal(state: VolumeState, command: str, volume: JSON) -> exceptions.KicVmError:
    if command == "delete" and state.state == "Deleting":
        return exceptions.AlreadyUnderWay("The volume is already being deleted.")
    error = refusal("volume", state, command)
    if command == "delete" and volume["status"] in {"in-use", "reserved"}:
        error.message += " It is attached to an instance: detach it first, or delete the instance."
    return error
