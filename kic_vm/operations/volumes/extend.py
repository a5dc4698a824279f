# SPDX-License-Identifier: Apache-2.0
"""Extend volumes, attached or not."""

import time

from kic_vm import deadline, exceptions
from kic_vm.exceptions import FieldErrorCode
from kic_vm.mappings.volumes import is_windows_volume
from kic_vm.operations import earlier_attempts
from kic_vm.operations.ownership import get_own_volume
from kic_vm.operations.request import RequestServices
from kic_vm.operations.volumes.sizes import check_size
from kic_vm.operations.volumes.states import get_volume_for, state_conflicts_reported

_FIRST_PAUSE = 0.2  # seconds
_LONGEST_PAUSE = 1.0
_LAST_LOOK = 2.0  # seconds that are left for the answer


def extend_volume(services: RequestServices, volume_id: str, size: int) -> None:
    """Extend a volume and wait for it. 3 upstream calls, the first two side by side, then polling.

    When this returns, the volume has its new size, or [volume] extend_wait is over and it is still
    being extended. Clients treat a volume that still shows its old size as one that has shrunk.

    :raises NotFound: the project has no such volume
    :raises InvalidState: the volume's state does not allow it
    :raises InvalidRequest: the new size is not larger, or too large
    :raises QuotaExceeded: the project's quota is used up
    :raises UpstreamError: Cinder failed to extend the volume
    :raises IdempotencyInProgress: an earlier attempt may still be extending it
    """
    command = "extend"
    if earlier_attempts.is_repeated(services) and _is_extended(services, volume_id, size):
        return
    earlier_attempts.note_absence(services)
    volume = get_volume_for(services, volume_id, command)
    if size <= volume["size"]:
        raise exceptions.InvalidField(
            "new_size",
            f"must be larger than the volume's present {volume['size']} GB.",
            FieldErrorCode.OUT_OF_RANGE,
        )
    check_size(services, "new_size", size, has_windows=is_windows_volume(volume))
    with state_conflicts_reported(services, volume_id, command):
        services.openstack.block_storage.extend_volume(volume_id, size)
    _wait(services, volume_id)


def _is_extended(services: RequestServices, volume_id: str, size: int) -> bool:
    """Whether an earlier attempt has extended the volume, after a wait if it is being extended.

    :raises IdempotencyInProgress: it is still being extended, perhaps to another size
    """
    volume = get_own_volume(services, volume_id)
    if volume["status"] == "extending":
        _wait(services, volume_id)
        volume = get_own_volume(services, volume_id)
    if volume["size"] >= size:
        return True
    if volume["status"] == "extending":
        raise exceptions.IdempotencyInProgress
    return False


def _wait(services: RequestServices, volume_id: str) -> None:
    # The volume is already extended: end the wait, so that the caller gets an answer.
    seconds = min(services.app_state.conf.volume.extend_wait, deadline.seconds_left() - _LAST_LOOK)
    end = time.monotonic() + seconds
    pause = _FIRST_PAUSE
    while time.monotonic() + pause <= end:
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)
        volume = services.openstack.block_storage.get_volume(volume_id)
        status = volume["status"]
        if status == "error_extending":
            raise exceptions.UpstreamError(
                "block-storage", "The block-storage service failed to extend the volume."
            )
        if status != "extending":
            return
