# SPDX-License-Identifier: Apache-2.0
"""Volumes and snapshots."""

from doc.api_examples.recording import Ids, Recording
from doc.api_examples.stories.networks import ZONE

VOLUME = "/api/v1/volumes/{volume_id}"
SNAPSHOT = "/api/v1/snapshots/{snapshot_id}"


def make(recording: Recording, name: str) -> str:
    """A volume that is ready; its id."""
    wanted = {"volume": {"name": name, "size": 1, "availability_zone": ZONE}}
    answer = recording.call("member", "POST /api/v1/volumes", wanted, expect=202)
    volume_id: str = answer["volume"]["id"]
    wait_until(recording, volume_id, "available")
    return volume_id


def wait_until(recording: Recording, volume_id: str, status: str) -> None:
    """Return when a volume has a status."""
    recording.wait(
        "member",
        f"GET {VOLUME}",
        lambda body: body["volume"]["status"] == status,
        volume_id=volume_id,
    )


def remove(recording: Recording, volume_id: str) -> None:
    """Delete a volume and wait until it is gone."""
    recording.call("member", f"DELETE {VOLUME}", expect=202, volume_id=volume_id)
    recording.wait_until_gone("member", f"GET {VOLUME}", volume_id=volume_id)


def play(recording: Recording) -> None:
    """A volume, a snapshot of it, and a volume made from that."""
    its: Ids = {"volume_id": make(recording, "data")}
    recording.call("member", "GET /api/v1/volumes", query={"name": "data"})
    recording.call("member", "GET /api/v1/volumes/types")
    recording.call("member", f"GET {VOLUME}", **its)
    change = {"volume": {"description": "The shop's data"}}
    recording.call("member", f"PUT {VOLUME}", change, **its)
    smaller = {"volume": {"new_size": 1}}
    recording.refused("member", f"POST {VOLUME}/size", 400, smaller, **its)
    recording.call("member", f"POST {VOLUME}/size", {"volume": {"new_size": 2}}, expect=202, **its)
    wait_until(recording, its["volume_id"], "available")

    wanted = {"snapshot": {"name": "before-the-sale", "is_incremental": False}}
    answer = recording.call("member", f"POST {VOLUME}/snapshots", wanted, expect=202, **its)
    snapshot: Ids = {"snapshot_id": answer["snapshot"]["id"]}
    recording.wait(
        "member",
        f"GET {SNAPSHOT}",
        lambda body: body["snapshot"]["status"] == "available",
        **snapshot,
    )
    recording.refused("member", f"DELETE {VOLUME}", 409, **its)
    recording.call("member", "GET /api/v1/snapshots", query={"volume_id": its["volume_id"]})
    recording.call("member", f"GET {SNAPSHOT}", **snapshot)
    change = {"snapshot": {"description": "Kept until spring"}}
    recording.call("member", f"PUT {SNAPSHOT}", change, **snapshot)
    wanted = {"restore": {"name": "data-before-the-sale", "availability_zone": ZONE}}
    answer = recording.call("member", f"POST {SNAPSHOT}/restore", wanted, expect=202, **snapshot)
    restored_id = answer["restore"]["volume_id"]
    wait_until(recording, restored_id, "available")
    remove(recording, restored_id)
    recording.call("member", f"DELETE {SNAPSHOT}", expect=202, **snapshot)
    recording.wait_until_gone("member", f"GET {SNAPSHOT}", **snapshot)
    remove(recording, its["volume_id"])
