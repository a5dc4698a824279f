"""In every state that the real Nova can be brought to: what is offered is taken, the rest refused.

The commands are those of the lifecycle table, so that a new one is tried in all states.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import openstack
import pytest

from kic_vm.lifecycle.table import load_tables
from tests.functional.client import Client
from tests.functional.instances import Instances
from tests.functional.lifecycle.walk import Walk
from tests.functional.volumes import Volumes

Cloud = Callable[[str], openstack.connection.Connection]
Reach = Callable[[Walk], None]

LIMITS: Final = load_tables().instances.limits


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
def walks(
    member: Client,
    cloud: Cloud,
    volumes: Volumes,
    interface_ids: list[str],
    instances: Instances,
) -> list[Walk]:
    """An active instance for each group, with a volume and an interface to attach."""
    flavors = {item["name"]: item["id"] for item in member.get("/api/v1/flavors")["flavors"]}
    flavor_ids = (flavors["t1i.micro"], flavors["t1i.small"])
    image_id = member.get("/api/v1/images", name="ubuntu")["images"][0]["id"]
    volume_ids = [volumes.make() for _group in GROUPS]
    with ThreadPoolExecutor(len(GROUPS)) as pool:
        made = list(pool.map(lambda _group: instances.make_active()[0], GROUPS))
    operator = cloud("kic-operator")
    ready = []
    for instance_id, volume_id, interface_id in zip(made, volume_ids, interface_ids, strict=True):
        volumes.watch(volume_id, "available")
        volume, interface = f"/volumes/{volume_id}", f"/network-interfaces/{interface_id}"
        requests = {
            "rebuild": ("POST", "/rebuild", {"rebuild": {"image_id": image_id}}),
            "update": ("PUT", "", {"instance": {"description": "walk"}}),
            "attach-volume": ("POST", volume, {"volume": {}}),
            "detach-volume": ("DELETE", volume, {}),
            "attach-network-interface": ("POST", interface, {}),
            "detach-network-interface": ("DELETE", interface, {}),
        }
        client = Client(member.url, member.token)
        ready.append(Walk(client, operator, instance_id, requests, flavor_ids))
    return ready


def test_reversible_commands(walks: list[Walk]) -> None:
    """Every command but delete, in every state that a volume-backed instance can be in."""
    with ThreadPoolExecutor(len(GROUPS)) as pool:
        for _done in pool.map(walk_through, walks, GROUPS):
            pass


def walk_through(walk: Walk, group: Mapping[str, tuple[Reach, str | None]]) -> None:
    """Reach each state of a group and give all commands there."""
    for vm_state, (reach, limit) in group.items():
        walk.return_to_active()
        reach(walk)
        assert walk.vm_state() == vm_state
        offered = walk.refuse_what_is_not_offered(LIMITS[limit].reason.en if limit else None)
        walk.take_what_is_offered(offered, reach)
