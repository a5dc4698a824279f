# SPDX-License-Identifier: Apache-2.0
"""Volumes, snapshots, and images made of volumes."""

from collections.abc import Callable

import openstack

from tests.contract import check
from tests.functional.images import Images
from tests.functional.instances import Instances
from tests.functional.volumes import Volumes
from tests.integration.surroundings import Tenant

Connect = Callable[[str], openstack.connection.Connection]


def test_life(member: Tenant, volumes: Volumes, instances: Instances) -> None:
    """Made, extended, attached, kept by a snapshot, detached, restored, deleted."""
    instance_id, _seen = instances.make_active()
    volume_id = volumes.make(description="first")
    assert volumes.watch(volume_id, "available")[-1] == "Active"
    volumes.extend(volume_id, 2)
    assert volumes.get(volume_id)["size"] == 2

    attachment = f"/api/v1/instances/{instance_id}/volumes/{volume_id}"
    response = member.request("POST", attachment, json={"volume": {}})
    assert response.status_code == 200, response.text
    assert set(volumes.watch(volume_id, "in_use")) <= {"Active", "Attaching", "In-use"}
    assert member.delete(f"/api/v1/volumes/{volume_id}") == 409

    snapshot_id = volumes.snapshot(volume_id)
    volumes.wait_for_snapshot(snapshot_id)
    volumes.watch(volume_id, "in_use")
    assert member.delete(attachment) == 202
    volumes.watch(volume_id, "available")

    restored_id = volumes.restore(snapshot_id)
    assert volumes.watch(restored_id, "available")[-1] == "Active"
    assert volumes.get(restored_id)["size"] == 2
    assert member.delete(f"/api/v1/snapshots/{snapshot_id}") == 202
    member.wait_until_gone(f"/api/v1/snapshots/{snapshot_id}", within=60)
    assert member.delete(f"/api/v1/volumes/{volume_id}") == 202


def test_image_of_a_machine(
    member: Tenant,
    persona: Callable[[str], Tenant],
    cloud: Connect,
    images: Images,
    instances: Instances,
) -> None:
    """Of its root volume an image is made, from which another starts; and it can be shared."""
    instance_id, _seen = instances.make_active()
    attached = member.get_instance(instance_id)["attached_volumes"]
    (root_id,) = (volume["id"] for volume in attached if volume["is_root"])
    image_id = images.make(root_id)["id"]
    images.wait_until_active(image_id)
    second_id, _seen = instances.make_active(image_id=image_id)
    assert member.get_instance(second_id)["image"]["id"] == image_id

    other, project_id = persona("other"), cloud("other").current_project_id
    path = f"/api/v1/images/{image_id}"
    assert other.request("GET", path).status_code == 404
    response = member.request("POST", f"{path}/members/{project_id}")
    assert response.status_code == 200, response.text
    listed = member.get(f"{path}/members")
    assert check("image", "ListImageSharedProjects", listed) == []
    assert [shared["id"] for shared in listed["members"]] == [project_id]
    assert images.get(image_id, other)["image_member_status"] == "pending"
    assert member.delete(f"{path}/members/{project_id}") == 204
    assert other.request("GET", path).status_code == 404
