# SPDX-License-Identifier: Apache-2.0
"""Every POST of the contract with a request that OpenStack fulfils."""

import base64
import dataclasses
import secrets
import struct
from collections.abc import Callable
from typing import Any, Final

from tests.faults.workspace import ZONE, Workspace

JSON = dict[str, Any]

_INSTANCES: Final = "/api/v1/instances"


@dataclasses.dataclass(frozen=True)
class Prepared:
    """A request whose preconditions are there."""

    path: str
    body: JSON | None = None


@dataclasses.dataclass(frozen=True)
class Post:
    """A POST.

    :param name: in tables
    :param thing: the kind of fact that the request makes once
    :param prepare: has the preconditions made
    """

    name: str
    thing: str
    prepare: Callable[[Workspace], Prepared]


def _name() -> str:
    return f"faults-{secrets.token_hex(4)}"


def public_key() -> str:
    """A public key, of which nobody has the private one."""
    kind = b"ssh-ed25519"
    blob = struct.pack(">I", len(kind)) + kind + struct.pack(">I", 32) + secrets.token_bytes(32)
    return f"{kind.decode()} {base64.b64encode(blob).decode()}"


def _instance(work: Workspace) -> Prepared:
    instance = {
        "name": _name(),
        "image_id": work.lane.project.image_id,
        "flavor_id": work.flavor_ids[0],
        "subnets": [{"id": work.subnet_id}],
        "volumes": [{"size": 2}],
        "security_groups": None,
    }
    return Prepared(_INSTANCES, {"instance": instance})


def _command(command: str, status: str) -> Callable[[Workspace], Prepared]:
    def prepare(work: Workspace) -> Prepared:
        return Prepared(f"{_INSTANCES}/{work.server(status)['id']}/{command}")

    return prepare


def _action(work: Workspace) -> Prepared:
    path = f"{_INSTANCES}/{work.server('ACTIVE')['id']}/actions"
    return Prepared(path, {"action": "stop"})


def _resize(work: Workspace) -> Prepared:
    path = f"{_INSTANCES}/{work.server('SHUTOFF')['id']}/resize"
    return Prepared(path, {"flavor": {"id": work.other_flavor_id()}})


def _rebuild(work: Workspace) -> Prepared:
    path = f"{_INSTANCES}/{work.server('ACTIVE')['id']}/rebuild"
    return Prepared(path, {"rebuild": {"image_id": work.lane.project.image_id}})


def _attach_volume(work: Workspace) -> Prepared:
    server_id = work.server()["id"]
    return Prepared(f"{_INSTANCES}/{server_id}/volumes/{work.volume()}", {"volume": {}})


def _attach_interface(work: Workspace) -> Prepared:
    server_id = work.server()["id"]
    return Prepared(f"{_INSTANCES}/{server_id}/network-interfaces/{work.port()}")


def _interface_path(work: Workspace) -> str:
    server_id = work.server()["id"]
    return f"{_INSTANCES}/{server_id}/network-interfaces/{work.server_port_id()}"


def _attach_group(work: Workspace) -> Prepared:
    path = _interface_path(work)
    return Prepared(f"{path}/security-groups/{work.security_group()}")


def _new_address(work: Workspace) -> Prepared:
    return Prepared(f"{_interface_path(work)}/public-ips")


def _keypair(work: Workspace) -> Prepared:
    return Prepared("/api/v1/keypairs", {"keypair": {"name": _name()}})


def _imported_keypair(work: Workspace) -> Prepared:
    keypair = {"name": _name(), "public_key": public_key()}
    return Prepared("/api/v1/keypairs", {"keypair": keypair})


def _volume(work: Workspace) -> Prepared:
    volume = {"name": _name(), "size": 1, "availability_zone": ZONE}
    return Prepared("/api/v1/volumes", {"volume": volume})


def _extend(work: Workspace) -> Prepared:
    path = f"/api/v1/volumes/{work.volume()}/size"
    return Prepared(path, {"volume": {"new_size": 2}})


def _snapshot(work: Workspace) -> Prepared:
    path = f"/api/v1/volumes/{work.volume()}/snapshots"
    return Prepared(path, {"snapshot": {"name": _name(), "is_incremental": False}})


def _restore(work: Workspace) -> Prepared:
    path = f"/api/v1/snapshots/{work.snapshot()}/restore"
    return Prepared(path, {"restore": {"name": _name(), "availability_zone": ZONE}})


def _image(work: Workspace) -> Prepared:
    path = f"/api/v1/volumes/{work.volume(is_bootable=True)}/image"
    return Prepared(path, {"image": {"name": _name()}})


def _image_member(work: Workspace) -> Prepared:
    return Prepared(f"/api/v1/images/{work.image()}/members/{work.other_project_id}")


def _interface(work: Workspace) -> Prepared:
    interface = {"name": _name(), "subnet_id": work.subnet_id, "security_groups": [work.group_id]}
    return Prepared("/api/v1/network-interfaces", {"network_interface": interface})


def _address(work: Workspace) -> Prepared:
    return Prepared("/api/v1/public-ips", {"public_ip": {"description": _name()}})


def _group(work: Workspace) -> Prepared:
    return Prepared("/api/v1/security-groups", {"security_group": {"name": _name()}})


def _rule(work: Workspace) -> Prepared:
    rule = {
        "direction": "ingress",
        "protocol": "TCP",
        "port_range_min": 22,
        "port_range_max": 22,
        "remote_ip_prefix": "192.0.2.0/24",
    }
    path = f"/api/v1/security-groups/{work.security_group()}/rules"
    return Prepared(path, {"security_group_rule": rule})


def _vpc(work: Workspace) -> Prepared:
    return Prepared("/api/v1/vpcs", {"vpc": {"name": _name(), "cidr_block": "10.92.0.0/16"}})


def _vpc_with_subnet(work: Workspace) -> Prepared:
    subnet = {"cidr_block": "10.93.0.0/20", "availability_zone": ZONE}
    vpc = {"name": _name(), "cidr_block": "10.93.0.0/16", "subnet": subnet}
    return Prepared("/api/v1/vpcs", {"vpc": vpc})


def _subnet(work: Workspace) -> Prepared:
    subnet = {
        "name": _name(),
        "vpc_id": work.vpc["id"],
        "cidr_block": "10.91.16.0/20",
        "availability_zone": ZONE,
    }
    return Prepared("/api/v1/subnets", {"subnet": subnet})


def _route_table(work: Workspace) -> Prepared:
    table = {"name": _name(), "vpc_id": work.vpc["id"]}
    return Prepared("/api/v1/route-tables", {"vpc_route_table": table})


def _route(work: Workspace) -> Prepared:
    route = {
        "route_type": "instance",
        "target_id": work.server()["id"],
        "destination": "192.0.2.0/24",
    }
    return Prepared(f"/api/v1/route-tables/{work.router_id}/routes", {"vpc_route": route})


def _share(work: Workspace) -> Prepared:
    return Prepared(f"/api/v1/subnets/{work.subnet_id}/projects/{work.other_project_id}")


def _member(work: Workspace) -> Prepared:
    path = f"/api/v1/projects/{work.lane.cloud.current_project_id}/members"
    return Prepared(path, {"member": {"user_id": work.newcomer_id, "role": "reader"}})


POSTS: Final = (
    Post("instance", "server", _instance),
    Post("keypair, generated", "keypair", _keypair),
    Post("keypair, imported", "keypair", _imported_keypair),
    Post("volume", "volume", _volume),
    Post("volume, larger", "size of a volume", _extend),
    Post("snapshot", "snapshot", _snapshot),
    Post("volume of a snapshot", "volume", _restore),
    Post("image of a volume", "image", _image),
    Post("image member", "image member", _image_member),
    Post("public IP", "floating IP", _address),
    Post("public IP of an interface", "floating IP", _new_address),
    Post("network interface", "port", _interface),
    Post("security group", "security group", _group),
    Post("security group rule", "security group rule", _rule),
    Post("VPC", "network", _vpc),
    Post("VPC with a subnet", "network", _vpc_with_subnet),
    Post("subnet", "subnet", _subnet),
    Post("route table", "router", _route_table),
    Post("route", "route", _route),
    Post("subnet, shared", "share", _share),
    Post("project member", "role", _member),
    Post("attached volume", "attached volume", _attach_volume),
    Post("attached network interface", "attached port", _attach_interface),
    Post("attached security group", "security group of a port", _attach_group),
    Post("start", "action start", _command("start", "SHUTOFF")),
    Post("stop", "action stop", _command("stop", "ACTIVE")),
    Post("stop, by name", "action stop", _action),
    Post("soft reboot", "action reboot", _command("soft-reboot", "ACTIVE")),
    Post("hard reboot", "action reboot", _command("hard-reboot", "ACTIVE")),
    Post("shelve", "action shelve", _command("shelve", "ACTIVE")),
    Post("unshelve", "action unshelve", _command("unshelve", "SHELVED_OFFLOADED")),
    Post("resize", "action resize", _resize),
    Post("confirm resize", "action confirmResize", _command("confirm-resize", "VERIFY_RESIZE")),
    Post("revert resize", "action revertResize", _command("revert-resize", "VERIFY_RESIZE")),
    Post("rebuild", "action rebuild", _rebuild),
)
