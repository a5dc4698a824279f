# SPDX-License-Identifier: Apache-2.0
"""Images on the real services: made of root volumes, changed, shared, booted, deleted."""

import os
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import openstack
import pytest

from tests.contract import check
from tests.functional import connections
from tests.functional.block_store import BlockStore
from tests.functional.client import Client
from tests.functional.images import Images
from tests.functional.instances import Instances
from tests.functional.volumes import Volumes

JSON = dict[str, Any]
Connect = Callable[[str], openstack.connection.Connection]
MIB = 2**20


@pytest.fixture
def images(member: Client) -> Iterator[Images]:
    """Images of the test's own, removed after it however it ends."""
    made = Images(member)
    yield made
    made.remove_all()


@pytest.fixture
def bootable(volumes: Volumes, cloud: Connect) -> str:
    """A small volume that somebody has put a system into."""
    volume_id = volumes.make_available(size=1)
    cloud("kic-member").block_storage.set_volume_bootable_status(volume_id, True)
    return volume_id


@pytest.fixture
def neighbour(persona: Callable[[str], Client], cloud: Connect) -> Iterator[Instances]:
    """Instances of another project, in a network of its own."""
    network = cloud("kic-other").network
    made = network.create_network(name="functional-neighbour")
    subnet = network.create_subnet(network_id=made.id, ip_version=4, cidr="10.79.0.0/24")
    theirs = Instances(persona("kic-other"), subnet.id, cloud("kic-operator"))
    yield theirs
    theirs.remove_all()
    network.delete_network(made)


def root_volume(client: Client, instance_id: str) -> str:
    """The id of an instance's root volume."""
    attached = client.get_instance(instance_id)["attached_volumes"]
    (root,) = (item["id"] for item in attached if item["is_root"])
    return str(root)


def refused(client: Client, method: str, path: str, status: int, body: Any = None) -> JSON:
    """The error when a request is refused with this status."""
    response = client.request(method, path, json=body)
    assert response.status_code == status, response.text
    error: JSON = response.json()["error"]
    return error


def test_story(
    member: Client,
    images: Images,
    volumes: Volumes,
    instances: Instances,
    block_store: BlockStore,
) -> None:
    """What was written comes back: by a snapshot, and by an image from which a machine is made."""
    first_id, _seen = instances.make_active()
    data_id = volumes.make_available()
    path = f"/api/v1/instances/{first_id}/volumes/{data_id}"
    assert member.request("POST", path, json={"volume": {}}).status_code == 200
    volumes.watch(data_id, "in_use")
    volumes.extend(data_id, 2)
    assert volumes.get(data_id)["size"] == 2

    root_id = root_volume(member, first_id)
    on_data, on_root = os.urandom(64 * 1024), os.urandom(64 * 1024)
    block_store.write(data_id, 1500 * MIB, on_data)
    block_store.write(root_id, 900 * MIB, on_root)
    snapshot_id = volumes.snapshot(data_id)
    volumes.wait_for_snapshot(snapshot_id)
    restored_id = volumes.restore(snapshot_id)

    image = images.make(root_id, description="of a machine")
    assert (image["status"], image["visibility"], image["is_shared"]) in {
        (status, "private", False) for status in ("queued", "saving", "active")
    }
    source = member.get("/api/v1/images", name="ubuntu")["images"][0]
    assert volumes.watch(root_id, "in_use", within=120)[:-1] in ([], ["Uploading"])
    image = images.wait_until_active(image["id"])
    assert (image["name"], image["description"]) == ("functional-image", "of a machine")
    assert image["os_info"] == source["os_info"]
    assert (image["min_disk"], image["min_ram"]) == (2, source["min_ram"])
    assert image["size"] == 2048 * MIB
    mine = member.get("/api/v1/images", image_type="my", limit=1000)["images"]
    assert image["id"] in {item["id"] for item in mine}

    second_id, _seen = instances.make_active(image_id=image["id"])
    second_root = root_volume(member, second_id)
    assert block_store.read(second_root, 900 * MIB, len(on_root)) == on_root
    assert member.get_instance(second_id)["image"]["id"] == image["id"]
    volumes.watch(restored_id, "available")
    path = f"/api/v1/instances/{second_id}/volumes/{restored_id}"
    assert member.request("POST", path, json={"volume": {}}).status_code == 200
    volumes.watch(restored_id, "in_use")
    assert block_store.read(restored_id, 1500 * MIB, len(on_data)) == on_data

    # Cinder writes the properties of the volume's own image over those of the new one.
    copy = images.make(second_root, description="of a copy")
    assert images.wait_until_active(copy["id"])["description"] == "of a copy"


def test_changes_and_refusals(
    member: Client,
    persona: Callable[[str], Client],
    cloud: Connect,
    images: Images,
    volumes: Volumes,
    bootable: str,
) -> None:
    """An image is its project's to change; a protected one stays; a data volume becomes none."""
    source = member.get("/api/v1/images", name="ubuntu")["images"][0]
    volume_id = bootable
    image_id = images.make(volume_id)["id"]
    path = f"/api/v1/images/{image_id}"
    assert images.wait_until_active(image_id)["description"] is None

    change = {"image": {"name": "functional-renamed", "description": "better"}}
    response = member.request("PUT", path, json=change)
    assert response.status_code == 200, response.text
    assert check("image", "UpdateImage", response.json()) == []
    assert response.json()["image"]["name"] == "functional-renamed"
    member.request("PUT", path, json={"image": {"description": None}})
    shown = images.get(image_id)
    assert (shown["name"], shown["description"]) == ("functional-renamed", None)
    refused(member, "PUT", path, 400, {"image": {}})

    refused(persona("kic-reader"), "PUT", path, 403, change)
    refused(persona("kic-reader"), "DELETE", path, 403)
    member_path = f"{path}/members/{uuid.uuid4().hex}"
    for stranger in ("kic-other", "kic-operator"):
        theirs = persona(stranger)
        for method, one, body in (
            ("GET", path, None),
            ("PUT", path, change),
            ("DELETE", path, None),
            ("GET", f"{path}/members", None),
            ("POST", member_path, None),
            ("DELETE", member_path, None),
        ):
            refused(theirs, method, one, 404, body)
        assert theirs.get("/api/v1/images", id=image_id)["images"] == []
        refused(theirs, "POST", f"/api/v1/volumes/{volume_id}/image", 404, {"image": {"name": "x"}})

    public = f"/api/v1/images/{source['id']}"
    assert "owning project" in refused(member, "PUT", public, 403, change)["message"]
    refused(member, "DELETE", public, 403)
    blank = volumes.make_available()
    error = refused(
        member, "POST", f"/api/v1/volumes/{blank}/image", 409, {"image": {"name": "none"}}
    )
    assert error["code"] == "invalid_state"
    glance = cloud("kic-member").image
    glance.update_image(image_id, is_protected=True)
    assert "protected" in refused(member, "DELETE", path, 409)["message"]
    glance.update_image(image_id, is_protected=False)
    assert member.delete(path) == 204
    refused(member, "GET", path, 404)


def test_sharing(  # the whole life of a share, step by step
    member: Client,
    persona: Callable[[str], Client],
    cloud: Connect,
    images: Images,
    bootable: str,
    neighbour: Instances,
) -> None:
    """Another project sees and boots it at once, answers for itself, and loses it again."""
    image_id = images.make(bootable)["id"]
    images.wait_until_active(image_id)
    path = f"/api/v1/images/{image_id}"
    other, project_id = persona("kic-other"), connections.project_id(cloud("kic-other"))
    assert member.get(f"{path}/members")["members"] == []
    error = refused(member, "POST", f"{path}/members/{uuid.uuid4().hex}", 404)
    assert "no project" in error["message"]
    own = cloud("kic-member").current_project_id
    assert "own" in refused(member, "POST", f"{path}/members/{own}", 400)["message"]
    assert images.get(image_id)["visibility"] == "private"

    response = member.request("POST", f"{path}/members/{project_id}")
    assert response.status_code == 200, response.text
    assert check("image", "AddImageShare", response.json()) == []
    listed = member.get(f"{path}/members", limit=1000)
    assert check("image", "ListImageSharedProjects", listed) == []
    (shared,) = listed["members"]
    assert (shared["id"], shared["status"], shared["is_shared"]) == (project_id, "pending", True)
    assert images.get(image_id)["is_shared"] is True
    error = refused(member, "POST", f"{path}/members/{project_id}", 409)
    assert error["code"] == "already_exists"

    assert images.get(image_id, other)["image_member_status"] == "pending"
    (offered,) = other.get("/api/v1/images", id=image_id)["images"]
    assert offered["image_member_status"] == "pending"
    refused(other, "PUT", path, 403, {"image": {"name": "mine now"}})
    refused(other, "POST", f"{path}/members/{own}", 403)
    refused(persona("kic-operator"), "GET", path, 404)
    assert persona("kic-operator").get("/api/v1/images", id=image_id)["images"] == []
    instance_id, _seen = neighbour.make_active(image_id=image_id)
    assert other.get_instance(instance_id)["image"]["id"] == image_id

    for status in ("accepted", "rejected"):
        connections.image(cloud("kic-other")).update_member(project_id, image_id, status=status)
        (offered,) = other.get("/api/v1/images", image_member_status=status)["images"]
        assert offered["id"] == image_id
        assert images.get(image_id, other)["image_member_status"] == status
        (shared,) = member.get(f"{path}/members")["members"]
        assert (shared["status"], shared["is_shared"]) == (status, status == "accepted")

    assert member.delete(f"{path}/members/{project_id}") == 204
    assert member.delete(f"{path}/members/{project_id}") == 404
    refused(other, "GET", path, 404)
    assert other.get("/api/v1/images", id=image_id)["images"] == []
    shown = images.get(image_id)
    assert (shown["visibility"], shown["is_shared"]) == ("private", False)

    # Its machines stay as they are when the image goes, and tell it still.
    assert member.delete(path) == 204
    shown = other.get_instance(instance_id)
    assert (shown["status"], shown["image"]["id"]) == ("active", image_id)
