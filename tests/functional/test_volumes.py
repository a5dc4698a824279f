# SPDX-License-Identifier: Apache-2.0
"""Volumes, on the real services."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import openstack
import pytest

from tests.contract import check
from tests.functional import connections
from tests.functional.client import JSON, Client, Gateway
from tests.functional.instances import Instances
from tests.functional.volumes import ZONE, Volumes

Connect = Callable[[str], openstack.connection.Connection]
Eventually = Callable[[Callable[[], bool], float], None]

NOBODY = "7f0e9a02-487a-47ca-a93d-22200cb0b51a"


def refusal(client: Client, method: str, path: str, status: int, body: JSON | None = None) -> JSON:
    """The error when a request is refused with this status."""
    response = client.request(method, path, json=body)
    assert response.status_code == status, response.text
    error: JSON = response.json()["error"]
    return error


def attached_sizes(member: Client, instance_id: str) -> dict[str, int]:
    """The sizes of an instance's volumes, as the instance tells them."""
    attached = member.get_instance(instance_id)["attached_volumes"]
    return {item["id"]: item["size"] for item in attached}


def test_whole_life(
    member: Client, volumes: Volumes, instances: Instances, gateway: Gateway, eventually: Eventually
) -> None:
    """Created, renamed, extended, attached, extended again, terminated, detached, deleted."""
    instance_id, _seen = instances.make_active(name="functional-holder")
    volume_id = volumes.make(description="first")
    path = f"/api/v1/volumes/{volume_id}"
    assert volumes.watch(volume_id, "available")[-1] == "Active"
    volume = volumes.get(volume_id)
    assert (volume["name"], volume["description"]) == ("functional-volume", "first")
    assert (volume["size"], volume["availability_zone"]) == (1, ZONE)
    assert (volume["volume_type"], volume["instance_id"]) == ("SSD", None)
    assert (volume["attach_status"], volume["is_bootable"]) == ("detached", False)
    assert refusal(member, "POST", f"{path}/size", 400, {"volume": {"new_size": 1}})

    assert set(volumes.extend(volume_id, 2)) <= {"Active", "Extending"}
    assert volumes.get(volume_id)["size"] == 2
    body = {"volume": {"name": "functional-renamed", "description": ""}}
    response = member.request("PUT", path, json=body)
    assert check("volume", "UpdateVolume", response.json()) == []
    assert response.json()["volume"]["name"] == "functional-renamed"
    assert volumes.get(volume_id)["description"] == ""

    attachment = f"/api/v1/instances/{instance_id}/volumes/{volume_id}"
    assert member.request("POST", attachment, json={"volume": {}}).status_code == 200
    seen = volumes.watch(volume_id, "in_use")
    assert set(seen) <= {"Active", "Attaching", "In-use"}
    volume = volumes.get(volume_id)
    assert (volume["instance_id"], volume["instance_name"]) == (instance_id, "functional-holder")
    assert (volume["attach_status"], volume["is_root"]) == ("attached", False)
    assert volume["mount_point"].startswith("/dev/")
    get_one = partial(volumes.get, volume_id)
    assert gateway.count_upstream_calls("/api/v1/volumes/{volume_id}", get_one) == 3
    error = refusal(member, "DELETE", path, 409)
    assert (error["code"], error["state"]) == ("invalid_state", "In-use")

    assert set(volumes.extend(volume_id, 3)) <= {"In-use", "Extending"}
    assert volumes.get(volume_id)["size"] == 3
    assert attached_sizes(member, instance_id)[volume_id] == 3
    assert volumes.get(volume_id)["status"] == "in_use"

    assert member.request("POST", f"/api/v1/instances/{instance_id}/shelve").status_code == 202
    member.watch(instance_id, "shelved_offloaded")
    volume = volumes.get(volume_id)
    assert (volume["status"], volume["instance_id"]) == ("reserved", instance_id)
    assert volume["instance_name"] == "functional-holder"
    assert refusal(member, "DELETE", path, 409)["state"] == "Reserved"
    error = refusal(member, "POST", f"{path}/size", 409, {"volume": {"new_size": 4}})
    assert error["state"] == "Reserved"

    assert member.request("DELETE", attachment).status_code == 202
    assert volumes.watch(volume_id, "available")[-1] == "Active"
    assert member.delete(path) == 202
    member.wait_until_gone(path, within=30)


def test_root_volume(
    member: Client, volumes: Volumes, instances: Instances, eventually: Eventually
) -> None:
    """The root volume shows its image; it can be extended, and not be deleted while attached."""
    data_id = volumes.make_available()
    instance_id, _seen = instances.make_active()
    attachment = f"/api/v1/instances/{instance_id}/volumes/{data_id}"
    assert member.request("POST", attachment, json={"volume": {}}).status_code == 200
    volumes.watch(data_id, "in_use")
    shown = member.get_instance(instance_id)
    (root_id,) = (item["id"] for item in shown["attached_volumes"] if item["is_root"])
    root = volumes.get(root_id)
    assert (root["is_root"], root["is_bootable"], root["status"]) == (True, True, "in_use")
    assert root["image_metadata"]["image_id"] == shown["image"]["id"]
    assert refusal(member, "DELETE", f"/api/v1/volumes/{root_id}", 409)["state"] == "In-use"
    listed = member.get("/api/v1/volumes", instance_id=instance_id, is_root="true")["volumes"]
    assert listed == [volumes.get(root_id)]
    volumes.extend(root_id, 3)
    assert attached_sizes(member, instance_id)[root_id] == 3


def test_filters(member: Client, volumes: Volumes, instances: Instances, gateway: Gateway) -> None:
    """A volume is found by every filter that fits, by none that does not, in 3 calls."""
    volume_id = volumes.make_available(name="functional-filter", size=2)
    instance_id, _seen = instances.make_active(name="functional-filterer")
    attachment = f"/api/v1/instances/{instance_id}/volumes/{volume_id}"
    assert member.request("POST", attachment, json={"volume": {}}).status_code == 200
    volumes.watch(volume_id, "in_use")
    volume = volumes.get(volume_id)
    fields = (
        "id name status instance_id mount_point type size availability_zone instance_name "
        "volume_type attach_status is_bootable is_encrypted is_root created_at updated_at"
    )
    for field in fields.split():
        value = volume[field]
        wanted = str(value).lower() if isinstance(value, bool) else value
        body = member.get("/api/v1/volumes", limit=1000, **{field: wanted})
        assert check("volume", "ListVolumes", body) == []
        assert volume in body["volumes"], field
        assert all(item[field] == value for item in body["volumes"]), field
    wrong = {"name": "functional-filters", "status": "available", "size": 3, "is_root": "true"}
    for field, value in wrong.items():
        body = member.get("/api/v1/volumes", limit=1000, **{field: value})
        assert volume_id not in {item["id"] for item in body["volumes"]}, field
    list_all = partial(member.get, "/api/v1/volumes", limit=1000)
    assert gateway.count_upstream_calls("/api/v1/volumes", list_all) == 3
    sizes = [
        item["size"]
        for item in member.get("/api/v1/volumes", sort_keys="size", sort_dirs="asc")["volumes"]
    ]
    assert sizes == sorted(sizes)


def test_from_an_image(member: Client, volumes: Volumes) -> None:
    """A volume from an image is bootable and passes through Creating; one too small is refused."""
    image = member.get("/api/v1/images", name="ubuntu")["images"][0]
    body = {"name": "small", "size": 1, "availability_zone": ZONE, "image_id": image["id"]}
    assert image["min_disk"] == 2
    error = refusal(member, "POST", "/api/v1/volumes", 400, {"volume": body})
    assert error["message"].startswith("size:")
    volume_id = volumes.make(image_id=image["id"], size=2)
    assert volumes.watch(volume_id, "available") == ["Creating", "Active"]
    volume = volumes.get(volume_id)
    assert (volume["is_bootable"], volume["is_root"]) == (True, False)
    assert volume["image_metadata"]["image_name"] == image["name"]


def test_from_a_volume(member: Client, persona: Callable[[str], Client], volumes: Volumes) -> None:
    """A copy is at least as large; sources that are not the project's are bad fields."""
    source_id = volumes.make_available(size=2)
    copy_id = volumes.make_available(source_volume_id=source_id, size=3)
    assert volumes.get(copy_id)["size"] == 3
    wanted = {"name": "copy", "size": 1, "availability_zone": ZONE}
    for changes, field in (
        ({"source_volume_id": source_id}, "size:"),
        ({"source_volume_id": NOBODY}, "source_volume_id:"),
        ({"image_id": NOBODY}, "image_id:"),
        ({"volume_type_id": NOBODY}, "volume_type_id:"),
        ({"source_volume_id": source_id, "image_id": NOBODY}, "volume.source_volume_id:"),
        ({"availability_zone": "kr-central-2-c"}, "availability_zone:"),
        ({"size": 5121}, "size:"),
    ):
        error = refusal(member, "POST", "/api/v1/volumes", 400, {"volume": wanted | changes})
        assert error["message"].startswith(field), error
    for stranger in ("kic-other", "kic-operator"):
        body = {"volume": wanted | {"source_volume_id": source_id, "size": 2}}
        error = refusal(persona(stranger), "POST", "/api/v1/volumes", 400, body)
        assert error["message"].startswith("source_volume_id:"), error


def test_strangers_and_readers(
    member: Client, persona: Callable[[str], Client], volumes: Volumes
) -> None:
    """Another project, a cloud admin's included, does not see it; a reader looks only."""
    volume_id = volumes.make_available()
    path = f"/api/v1/volumes/{volume_id}"
    commands = (
        ("PUT", "", {"volume": {"name": "mine"}}),
        ("POST", "/size", {"volume": {"new_size": 2}}),
        ("POST", "/snapshots", {"snapshot": {"name": "mine", "is_incremental": False}}),
        ("DELETE", "", None),
    )
    for stranger in ("kic-other", "kic-operator"):
        refusal(persona(stranger), "GET", path, 404)
        listed = persona(stranger).get("/api/v1/volumes", limit=1000)["volumes"]
        assert volume_id not in {item["id"] for item in listed}
        for method, suffix, body in commands:
            refusal(persona(stranger), method, path + suffix, 404, body)
    reader = persona("kic-reader")
    assert reader.get(path)["volume"] == volumes.get(volume_id)
    for method, suffix, body in commands:
        assert refusal(reader, method, path + suffix, 403, body)["code"] == "forbidden"
    types = reader.get("/api/v1/volumes/types")
    assert check("volume", "ListVolumeTypes", types) == []
    assert [item["name"] for item in types["volume_types"]] == ["SSD"]
    made = volumes.make_available(volume_type_id=types["volume_types"][0]["id"])
    assert volumes.get(made)["volume_type"] == "SSD"


def test_deleted_by_two_at_once(
    member: Client, persona: Callable[[str], Client], volumes: Volumes
) -> None:
    """Each of the two is told that it did it, that it is under way or done; it goes once."""
    volume_id = volumes.make_available()
    path = f"/api/v1/volumes/{volume_id}"
    clients = (member, persona("kic-member2"))
    with ThreadPoolExecutor(2) as pool:
        statuses = list(pool.map(lambda client: client.delete(path), clients))
    assert 202 in statuses
    assert set(statuses) <= {202, 404, 409}
    member.wait_until_gone(path, within=30)


def test_being_transferred(member: Client, cloud: Connect, volumes: Volumes) -> None:
    """A volume that waits for its transfer is Reserved, can be renamed, and stays."""
    volume_id = volumes.make_available()
    path = f"/api/v1/volumes/{volume_id}"
    cinder = connections.block_storage(cloud("kic-member"))
    transfer = cinder.create_transfer(volume_id=volume_id, name="functional")
    try:
        assert volumes.get(volume_id)["status"] == "reserved"
        assert "transfer" in refusal(member, "DELETE", path, 409)["message"]
        body = {"volume": {"name": "functional-kept"}}
        assert member.request("PUT", path, json=body).status_code == 200
    finally:
        cinder.delete_transfer(transfer)
    assert volumes.watch(volume_id, "available")[-1] == "Active"


@pytest.mark.parametrize(
    ("status", "state", "is_deletable"),
    [
        ("uploading", "Uploading", False),
        ("retyping", "Extending", False),
        ("backing-up", "Backing-Up", False),
        ("error_extending", "Error", True),
        ("error", "Error", True),
    ],
)
def test_states_of_cinder(
    member: Client, cloud: Connect, volumes: Volumes, status: str, state: str, is_deletable: bool
) -> None:
    """Statuses that pass too fast, set by the operator: documented, and deletable or not."""
    volume_id = volumes.make_available()
    path = f"/api/v1/volumes/{volume_id}"
    operator = cloud("kic-operator").block_storage
    operator.reset_volume_status(volume_id, status=status)
    assert volumes.get(volume_id)["lifecycle"]["state"] == state
    if is_deletable:
        assert member.delete(path) == 202
        member.wait_until_gone(path, within=30)
    else:
        assert refusal(member, "DELETE", path, 409)["state"] == state
        operator.reset_volume_status(volume_id, status="available")


def test_quotas(
    start_gateway: Callable[..., Gateway], persona: Callable[[str], Client], cloud: Connect
) -> None:
    """A quota that is used up is named with its figures, and nothing is made."""
    gateway = start_gateway(volume={"max_size_gb": "16384"})
    other = Client(gateway.url, persona("kic-other").token)
    made = Volumes(other)
    try:
        made.make(size=16384)
        wanted = {"name": "too much", "size": 16384, "availability_zone": ZONE}
        error = refusal(other, "POST", "/api/v1/volumes", 403, {"volume": wanted})
        assert error["code"] == "quota_exceeded"
        assert "quota of gigabytes" in error["message"]
        assert "16384 more" in error["message"]
        assert "too much" not in {
            item["name"] for item in other.get("/api/v1/volumes", limit=1000)["volumes"]
        }
        small = made.make_available()
        path = f"/api/v1/volumes/{small}"
        error = refusal(other, "POST", f"{path}/size", 403, {"volume": {"new_size": 16384}})
        assert "quota of gigabytes" in error["message"]
        assert (made.get(small)["status"], made.get(small)["size"]) == ("available", 1)
    finally:
        made.remove_all()
