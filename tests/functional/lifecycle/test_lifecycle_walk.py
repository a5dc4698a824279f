# SPDX-License-Identifier: Apache-2.0
"""In every state that the real Nova can be brought to: what is offered is taken, the rest refused.

The commands are those of the lifecycle table, so that a new one is tried in all states.
"""

import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import openstack
import pytest

from kic_vm.lifecycle.table import load_tables
from tests.functional import connections
from tests.functional.client import JSON, Client
from tests.functional.instances import Instances
from tests.functional.lifecycle.walk import Walk
from tests.functional.volumes import Volumes

Cloud = Callable[[str], openstack.connection.Connection]
Reach = Callable[[Walk], None]
Requests = Mapping[str, tuple[str, str, JSON]]

LIMITS: Final = load_tables().instances.limits
VOLUME_LIMITS: Final = load_tables().volumes.limits


def shelve(walk: Walk) -> None:
    """Shelve the instance with a volume: a terminated one takes none, but gives it back."""
    if len(walk.attached_volume_ids()) == 1:
        walk.take("attach-volume")
    walk.take("shelve")


# vm_state -> how the active instance gets there, and its limit; each group for one instance.
GROUPS: Final[tuple[dict[str, tuple[Reach, str | None]], ...]] = (
    {"active": (lambda _walk: None, None)},
    {
        "stopped": (lambda walk: walk.take("stop"), None),
        "error": (lambda walk: walk.act({"os-resetState": {"state": "error"}}), None),
    },
    {
        "paused": (lambda walk: walk.act({"pause": None}), "paused"),
        "suspended": (lambda walk: walk.act({"suspend": None}), "suspended"),
        "shelved_offloaded": (shelve, None),
        "resized": (lambda walk: walk.take("resize"), None),
    },
)


@pytest.fixture
def interface_ids(cloud: Cloud, subnet_id: str) -> Iterator[list[str]]:
    """Network interfaces of the project that nobody uses, one for each group."""
    network = cloud("kic-member").network
    network_id = network.get_subnet(subnet_id).network_id
    ports = [network.create_port(network_id=network_id, name="walk") for _group in GROUPS]
    yield [str(port.id) for port in ports]
    for port in ports:
        network.delete_port(port)


@pytest.fixture
def requests(member: Client) -> Callable[[str, str], Requests]:
    """How commands are given with a volume and an interface, by their ids."""
    image_id = member.get("/api/v1/images", name="ubuntu")["images"][0]["id"]

    def with_ids(volume_id: str, interface_id: str) -> Requests:
        volume, interface = f"/volumes/{volume_id}", f"/network-interfaces/{interface_id}"
        return {
            "rebuild": ("POST", "/rebuild", {"rebuild": {"image_id": image_id}}),
            "update": ("PUT", "", {"instance": {"description": "walk"}}),
            "delete": ("DELETE", "", {}),
            "attach-volume": ("POST", volume, {"volume": {}}),
            "detach-volume": ("DELETE", volume, {}),
            "attach-network-interface": ("POST", interface, {}),
            "detach-network-interface": ("DELETE", interface, {}),
        }

    return with_ids


@pytest.fixture
def flavor_ids(member: Client) -> tuple[str, ...]:
    """Two flavors."""
    listed = member.get("/api/v1/flavors")["flavors"]
    ids = {flavor["name"]: str(flavor["id"]) for flavor in listed}
    return ids["t1i.micro"], ids["t1i.small"]


@pytest.fixture
def walks(
    member: Client,
    cloud: Cloud,
    volumes: Volumes,
    interface_ids: list[str],
    instances: Instances,
    requests: Callable[[str, str], Requests],
    flavor_ids: tuple[str, ...],
) -> list[Walk]:
    """An active instance for each group, with a volume and an interface to attach."""
    volume_ids = [volumes.make() for _group in GROUPS]
    with ThreadPoolExecutor(len(GROUPS)) as pool:
        made = list(pool.map(lambda _group: instances.make_active()[0], GROUPS))
    operator = cloud("kic-operator")
    ready = []
    for instance_id, volume_id, interface_id in zip(made, volume_ids, interface_ids, strict=True):
        volumes.watch(volume_id, "available")
        client = Client(member.url, member.token)
        given = requests(volume_id, interface_id)
        ready.append(Walk(client, operator, instance_id, given, flavor_ids))
    return ready


def test_reversible_commands(walks: list[Walk]) -> None:
    """Every command but delete, in every state that a volume-backed instance can be in."""
    with ThreadPoolExecutor(len(GROUPS)) as pool:
        for _done in pool.map(walk_through, walks, GROUPS):
            pass


def reason_of(limit: str | None) -> str | None:
    """The reason of a limit, as answers have it."""
    return LIMITS[limit].reason.en if limit else None


def walk_through(walk: Walk, group: Mapping[str, tuple[Reach, str | None]]) -> None:
    """Reach each state of a group and give all commands there."""
    for vm_state, (reach, limit) in group.items():
        walk.return_to_active()
        reach(walk)
        assert walk.vm_state() == vm_state
        offered = walk.refuse_what_is_not_offered(reason_of(limit))
        walk.take_what_is_offered(offered, reach)


@pytest.fixture
def without_volumes(member: Client, cloud: Cloud) -> Iterator[list[str]]:
    """Instances on the hypervisor's own disk, which are made and deleted quickly."""
    operator, nova = cloud("kic-operator").compute, cloud("kic-member").compute
    flavor = operator.create_flavor(
        name=f"walk-{uuid.uuid4().hex[:8]}", ram=512, vcpus=1, disk=2, is_public=False
    )
    operator.flavor_add_tenant_access(flavor, connections.project_id(cloud("kic-member")))
    server = {
        "name": flavor.name,
        "flavorRef": flavor.id,
        "imageRef": member.get("/api/v1/images", name="ubuntu")["images"][0]["id"],
        "networks": "none",
        "min_count": len(DELETED_FROM),
    }
    try:
        nova.post("/servers", json={"server": server}, microversion="2.37").raise_for_status()
        listed = nova.get("/servers", params={"name": flavor.name}).json()["servers"]
        yield [item["id"] for item in listed]
        for item in nova.get("/servers", params={"name": flavor.name}).json()["servers"]:
            nova.delete(f"/servers/{item['id']}")
        glance = connections.image(cloud("kic-member"))
        for image in glance.images(name=f"{flavor.name}%"):
            glance.delete_image(image)
    finally:
        operator.delete_flavor(flavor)


# How an instance gets into each state from which it is deleted.
DELETED_FROM: Final[dict[str, JSON | None]] = {
    "active": None,
    "stopped": {"os-stop": None},
    "paused": {"pause": None},
    "suspended": {"suspend": None},
    "rescued": {"rescue": {}},
    "shelved_offloaded": {"shelve": None},
    "resized": {"migrate": None},
    "error": {"os-resetState": {"state": "error"}},
}


def test_rescued_and_deleted(
    member: Client,
    cloud: Cloud,
    without_volumes: list[str],
    requests: Callable[[str, str], Requests],
    flavor_ids: tuple[str, ...],
) -> None:
    """A rescued instance allows what Nova does; every instance can be deleted from its state."""
    given = requests(str(uuid.uuid4()), str(uuid.uuid4()))
    operator = cloud("kic-operator")
    assert len(without_volumes) == len(DELETED_FROM)
    for instance_id, (vm_state, action) in zip(without_volumes, DELETED_FROM.items(), strict=True):
        walk = Walk(member, operator, instance_id, given, flavor_ids)
        walk.settle()
        if action:
            walk.act(action)
        assert walk.vm_state() == vm_state
        if vm_state == "rescued":
            offered = walk.refuse_what_is_not_offered(reason_of("rescued"))
            assert offered == ["update", "delete"]
            walk.take("update")
        assert "delete" in walk.get()["lifecycle"]["allowed_actions"]
        assert walk.give("delete").status_code == 204
    for instance_id in without_volumes:
        member.wait_until_gone(f"/api/v1/instances/{instance_id}", within=60)


def test_never_launched(
    member: Client,
    cloud: Cloud,
    instances: Instances,
    requests: Callable[[str, str], Requests],
    flavor_ids: tuple[str, ...],
) -> None:
    """An instance that found no host can be deleted, and nothing else."""
    flavor = member.get("/api/v1/flavors", name="m2a.impossible")["flavors"][0]
    instance_id = instances.make(flavor_id=flavor["id"])
    assert member.watch(instance_id, "error")[-1] == ("Error", False)
    given = requests(str(uuid.uuid4()), str(uuid.uuid4()))
    walk = Walk(member, cloud("kic-operator"), instance_id, given, flavor_ids)
    assert walk.refuse_what_is_not_offered(reason_of("never_launched")) == ["delete"]
    assert walk.give("delete").status_code == 204
    member.wait_until_gone(f"/api/v1/instances/{instance_id}", within=60)


@pytest.mark.parametrize(
    ("status", "state", "offered", "limit"),
    [
        ("error", "Error", ["update", "delete"], None),
        ("error_extending", "Error", ["update", "delete"], None),
        ("error_deleting", "Error", ["update"], "operator_only"),
        ("maintenance", "Extending", [], "maintenance"),
    ],
)
def test_volume(
    member: Client,
    cloud: Cloud,
    volumes: Volumes,
    status: str,
    state: str,
    offered: list[str],
    limit: str | None,
) -> None:
    """In each status that Cinder can be set to, what is offered is taken and the rest refused."""
    volume_id = volumes.make_available()
    path = f"/api/v1/volumes/{volume_id}"
    requests = {
        "extend": ("POST", f"{path}/size", {"volume": {"new_size": 2}}),
        "create-snapshot": (
            "POST",
            f"{path}/snapshots",
            {"snapshot": {"name": "walk", "is_incremental": False}},
        ),
        "create-image": ("POST", f"{path}/image", {"image": {"name": "walk"}}),
        "update": ("PUT", path, {"volume": {"name": "walk"}}),
        "delete": ("DELETE", path, None),
    }
    operator = cloud("kic-operator").block_storage
    operator.reset_volume_status(volume_id, status=status)
    try:
        lifecycle = volumes.get(volume_id)["lifecycle"]
        reason = VOLUME_LIMITS[limit].reason.en if limit else None
        assert (lifecycle["state"], lifecycle["allowed_actions"]) == (state, offered)
        assert lifecycle.get("reason") == reason
        for command, (method, where, body) in requests.items():
            response = member.request(method, where, json=body)
            if command in offered:
                assert response.status_code in {200, 202}, (command, response.text)
                continue
            assert response.status_code == 409, (command, response.text)
            error = response.json()["error"]
            assert (error["state"], error["allowed_actions"]) == (state, offered)
            assert reason is None or reason in error["message"]
    finally:
        if "delete" not in offered:
            operator.reset_volume_status(volume_id, status="available")
