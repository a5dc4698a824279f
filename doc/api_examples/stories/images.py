# SPDX-License-Identifier: Apache-2.0
"""An image of one's own, made of a root volume."""

from doc.api_examples.recording import Recording
from doc.api_examples.stories.networks import ZONE
from doc.api_examples.stories.volumes import VOLUME, remove, wait_until

IMAGE = "/api/v1/images/{image_id}"


def play(recording: Recording) -> None:
    """It is made, renamed, shared and deleted."""
    source = recording.call("member", "GET /api/v1/images", query={"name": "ubuntu"})["images"][0]
    recording.refused("member", f"DELETE {IMAGE}", 403, image_id=source["id"])
    wanted = {
        "name": "bootable",
        "size": source["min_disk"],
        "availability_zone": ZONE,
        "image_id": source["id"],
    }
    answer = recording.call("member", "POST /api/v1/volumes", {"volume": wanted}, expect=202)
    volume_id = answer["volume"]["id"]
    wait_until(recording, volume_id, "available")
    body = {"image": {"name": "golden"}}
    answer = recording.call("member", f"POST {VOLUME}/image", body, expect=202, volume_id=volume_id)
    its = {"image_id": answer["image"]["id"]}
    recording.wait(
        "member", f"GET {IMAGE}", lambda body: body["image"]["status"] == "active", **its
    )
    change = {"image": {"description": "The shop's servers start from this"}}
    recording.call("member", f"PUT {IMAGE}", change, **its)

    other = recording.call("other", "GET /api/v1/vpcs")["vpcs"][0]["project_id"]
    member = its | {"member_id": other}
    recording.call("member", f"POST {IMAGE}/members/{{member_id}}", **member)
    recording.call("member", f"GET {IMAGE}/members", **its)
    recording.call("member", f"DELETE {IMAGE}/members/{{member_id}}", expect=204, **member)
    recording.call("member", f"DELETE {IMAGE}", expect=204, **its)
    wait_until(recording, volume_id, "available")
    remove(recording, volume_id)
