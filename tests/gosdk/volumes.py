# SPDX-License-Identifier: Apache-2.0
"""The volume and snapshot operations of the SDK."""

import contextlib
import time
from collections.abc import Callable, Iterator

from tests.gosdk.caller import JSON, User

ZONE = "kr-central-2-a"
PATIENCE_SECONDS = 120


def wait_for(look: Callable[[], JSON], status: str) -> None:
    """Return when what ``look`` shows has this status."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (shown := look()["status"]) != status:
        assert time.monotonic() < deadline, f"{shown}, not {status}"
        time.sleep(0.3)


def wait_until_gone(user: User, operation: str, its_id: str) -> None:
    """Return when a resource is not there any more."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while user.answer(operation, its_id).status != 404:
        assert time.monotonic() < deadline, f"{operation} {its_id}: it is still there"
        time.sleep(0.3)


def wait_for_volume(user: User, volume_id: str, status: str = "available") -> None:
    """Return when a volume has this status."""
    wait_for(lambda: user.call("volume.GetVolume", volume_id)["volume"], status)


@contextlib.contextmanager
def made(user: User) -> Iterator[str]:
    """A blank volume, looked at in each way, renamed and extended."""
    types = user.call("volume.ListVolumeTypes")["volume_types"]
    created = user.call(
        "volume.CreateVolume",
        body={
            "volume": {
                "name": "gosdk",
                "size": 1,
                "availability_zone": ZONE,
                "volume_type_id": types[0]["id"],
            }
        },
    )
    volume_id = created["volume"]["id"]
    try:
        wait_for_volume(user, volume_id)
        listed = user.call("volume.ListVolumes", Name="gosdk")["volumes"]
        assert volume_id in [one["id"] for one in listed]
        user.call("volume.UpdateVolume", volume_id, body={"volume": {"name": "gosdk-2"}})
        user.call("volume.ExtendVolume", volume_id, body={"volume": {"new_size": 2}})
        wait_for_volume(user, volume_id)
        assert user.call("volume.GetVolume", volume_id)["volume"]["size"] == 2
        yield volume_id
    finally:
        user.call("volume.DeleteVolume", volume_id)
        wait_until_gone(user, "volume.GetVolume", volume_id)


def snapshots(user: User, volume_id: str) -> None:
    """A snapshot of a volume, renamed, restored to a new volume, and gone again."""
    body = {"snapshot": {"name": "gosdk", "is_incremental": False}}
    created = user.call("volume.CreateSnapshot", volume_id, body=body)
    snapshot_id = created["snapshot"]["id"]
    try:
        wait_for(lambda: user.call("volume.GetSnapshot", snapshot_id)["snapshot"], "available")
        listed = user.call("volume.ListSnapshots", VolumeId=volume_id)["snapshots"]
        assert [one["id"] for one in listed] == [snapshot_id]
        user.call("volume.UpdateSnapshot", snapshot_id, body={"snapshot": {"name": "gosdk-2"}})
        incremental_snapshot(user, volume_id, snapshot_id)
        restore = {"restore": {"name": "gosdk-restored", "availability_zone": ZONE}}
        restored = user.call("volume.RestoreSnapshot", snapshot_id, body=restore)
        restored_id = restored["restore"]["volume_id"]
        wait_for_volume(user, restored_id)
        user.call("volume.DeleteVolume", restored_id)
        wait_until_gone(user, "volume.GetVolume", restored_id)
    finally:
        user.call("volume.DeleteSnapshot", snapshot_id)
        wait_until_gone(user, "volume.GetSnapshot", snapshot_id)


def incremental_snapshot(user: User, volume_id: str, parent_id: str) -> None:
    """A snapshot that continues another one, which cannot be deleted meanwhile."""
    body = {"snapshot": {"name": "gosdk-newer", "is_incremental": True}}
    created = user.call("volume.CreateSnapshot", volume_id, body=body)
    snapshot_id = created["snapshot"]["id"]
    try:
        wait_for(lambda: user.call("volume.GetSnapshot", snapshot_id)["snapshot"], "available")
        (found,) = user.call("volume.ListSnapshots", ParentId=parent_id)["snapshots"]
        assert (found["id"], found["is_incremental"]) == (snapshot_id, True)
        assert user.answer("volume.DeleteSnapshot", parent_id).status == 409
    finally:
        user.call("volume.DeleteSnapshot", snapshot_id)
        wait_until_gone(user, "volume.GetSnapshot", snapshot_id)
