# SPDX-License-Identifier: Apache-2.0
"""Operations of several writes: when one is refused, the others are undone, or the caller knows."""

import itertools
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

from kic_vm.adapters.network import PORT_MARK
from kic_vm.mappings.networks import router_mark
from tests.unit.bodies import (
    FREE_PORT,
    GROUP,
    OTHER_GROUP,
    OWN_IMAGE,
    PORT,
    ROOT_VOLUME,
    ROUTER,
    RULE,
    SECOND_PORT,
    SECOND_ROUTER,
    SERVER,
    body,
)
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.keystone_members import COLLEAGUE, ROLES
from tests.unit.operations.attached_interfaces import with_ports
from tests.unit.operations.test_lost_steps import VPC_WITH_SUBNET, WRITES, send
from tests.unit.operations.test_rule_descriptions import CREATE, LONGEST, Group
from tests.unit.personas import PROJECT
from tests.unit.populated import populate
from tests.unit.populated_networks import NEW_NETWORK
from tests.unit.prepared import prepare

JSON = dict[str, Any]
Write = tuple[str, str, str | None]
# A request, what must stand in the cloud for it, and what differs from the good request.
Case = tuple[str, str, Callable[[Cloud], None], JSON]

_INTERFACE: Final = "/api/v1/instances/{instance_id}/network-interfaces/{network_interface_id}"
_MEMBER: Final = "/api/v1/projects/{project_id}/members/{user_id}"
_RULES: Final = "/api/v1/security-groups/{security_group_id}/rules"


def nothing(_cloud: Cloud) -> None:
    """The recorded project is enough."""


def new_vpc(cloud: Cloud) -> None:
    """The router of the new VPC is found by its mark."""
    router = ROUTER | {"description": router_mark(NEW_NETWORK["id"])}
    cloud.answer("GET", "neutron", "/routers", {"routers": [router]})


def private_image(cloud: Cloud) -> None:
    """Nobody else has the image yet."""
    private = OWN_IMAGE | {"visibility": "private"}
    cloud.answer("GET", "glance", f"/images/{OWN_IMAGE['id']}", private)
    cloud.answer("GET", "glance", f"/images/{OWN_IMAGE['id']}/members", {"members": []})


def last_member(cloud: Cloud) -> None:
    """Nobody else has the image when the member is removed."""
    cloud.answer("GET", "glance", f"/images/{OWN_IMAGE['id']}/members", {"members": []})


def rule_of_two(cloud: Cloud) -> None:
    """A rule that is two in Neutron, one for each version of IP."""
    rule = RULE | {"remote_group_id": GROUP, "remote_ip_prefix": None, "ethertype": "IPv4"}
    rules = [rule, rule | {"id": GROUP[::-1], "ethertype": "IPv6"}]
    group = body("security_group")["security_group"] | {"security_group_rules": rules}
    cloud.answer("GET", "neutron", f"/security-groups/{OTHER_GROUP}", {"security_group": group})
    for one in rules:
        cloud.answer("DELETE", "neutron", f"/security-group-rules/{one['id']}", status=204)


def described_rule(cloud: Cloud) -> None:
    """A group that has the rule with another description."""
    Group(cloud)


def image_with_description(cloud: Cloud) -> None:
    """A root volume that has a description from its image."""
    volume = next(one for one in body("volumes")["volumes"] if one["id"] == ROOT_VOLUME)
    metadata = volume["volume_image_metadata"] | {"description": "of the source"}
    volume |= {"volume_image_metadata": metadata}
    cloud.answer("GET", "cinder", f"/volumes/{ROOT_VOLUME}", {"volume": volume})


def made_port(cloud: Cloud) -> None:
    """The gateway has made the second interface of the instance."""
    with_ports(cloud, SECOND_PORT | {"description": PORT_MARK}, PORT)


def free_made_port(cloud: Cloud) -> None:
    """The gateway has made the interface, for an instance that is gone."""
    port = FREE_PORT | {"description": PORT_MARK}
    cloud.answer("GET", "neutron", f"/ports/{FREE_PORT['id']}", {"port": port})


def terminated(cloud: Cloud) -> None:
    """The instance is terminated, and would take the volume with it."""
    attached = [
        item | {"delete_on_termination": True}
        for item in SERVER["os-extended-volumes:volumes_attached"]
    ]
    changes = {
        "OS-EXT-STS:vm_state": "shelved_offloaded",
        "os-extended-volumes:volumes_attached": attached,
    }
    cloud.answer("GET", "nova", f"/servers/{SERVER['id']}", {"server": SERVER | changes})


def with_routes(cloud: Cloud) -> None:
    """The route tables have routes to instances that are gone."""
    route = {"destination": "192.0.2.0/24", "nexthop": "10.20.0.99"}
    routers = [one | {"routes": [route]} for one in (ROUTER, SECOND_ROUTER)]
    cloud.answer("GET", "neutron", "/routers", {"routers": routers})
    for router in routers:
        cloud.answer("PUT", "neutron", f"/routers/{router['id']}", {"router": router})


def member_with_all_roles(cloud: Cloud) -> None:
    """Each of the member's roles can be revoked."""
    for role_id in ROLES.values():
        path = f"/projects/{PROJECT}/users/{COLLEAGUE}/roles/{role_id}"
        cloud.answer("DELETE", "keystone", path, status=204)


CASES: Final[dict[str, Case]] = {
    f"{method} {path}": (method, path, nothing, {}) for method, path in WRITES
} | {
    f"DELETE {_MEMBER}": ("DELETE", _MEMBER, member_with_all_roles, {}),
    "VPC with a subnet": ("POST", "/api/v1/vpcs", new_vpc, {"json": {"vpc": VPC_WITH_SUBNET}}),
    "VPC with routes": ("DELETE", "/api/v1/vpcs/{vpc_id}", with_routes, {}),
    "route table with routes": (
        "DELETE",
        "/api/v1/route-tables/{route_table_id}",
        with_routes,
        {},
    ),
    "first member": ("POST", "/api/v1/images/{image_id}/members/{member_id}", private_image, {}),
    "last member": ("DELETE", "/api/v1/images/{image_id}/members/{member_id}", last_member, {}),
    "rule of two": ("DELETE", f"{_RULES}/{{security_group_rule_id}}", rule_of_two, {}),
    "described rule": (
        "POST",
        _RULES,
        described_rule,
        {"json": {"security_group_rule": CREATE | {"description": LONGEST}}},
    ),
    "description": ("POST", "/api/v1/volumes/{volume_id}/image", image_with_description, {}),
    "made port": ("DELETE", _INTERFACE, made_port, {}),
    "free made port": ("POST", _INTERFACE, free_made_port, {}),
    "terminated": (
        "DELETE",
        "/api/v1/instances/{instance_id}/volumes/{volume_id}",
        terminated,
        {},
    ),
}


def writes_of(cloud: Cloud) -> list[Write]:
    """The writes in the order in which they were sent, without tokens."""
    return [
        (request.method, urlsplit(request.url).path, request.text)
        for request in cloud.requests()
        if request.method != "GET" and not request.url.endswith("/auth/tokens")
    ]


def undoes(later: Write, earlier: Write) -> bool:
    """Whether a write takes back an earlier one: it restores, deletes or reconnects."""
    method, path, text = later
    _method, its_path, its_text = earlier
    if method == "DELETE":
        # What was made, what it was made in, or what was made in a collection.
        return f"{its_path}/".startswith(f"{path}/") or path.startswith(f"{its_path}/")
    if its_path.endswith("/remove_router_interface"):
        return path == its_path.replace("/remove_", "/add_")
    if its_path.endswith("/add_router_interface"):
        return path == its_path.replace("/add_", "/remove_")
    return (method, path) == earlier[:2] and text != its_text


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_nothing_remains(admin: Caller, member: Caller, populated: Cloud, case: Case) -> None:
    """Without an outcome, the error means that nothing was changed."""
    method, path, stand, arguments = case
    who = member if path.startswith("/api/v1/keypairs") else admin  # its creator
    for number in itertools.count(1):
        populate(populated)
        prepare(populated, f"{method} {path}")
        stand(populated)
        populated.answer_write(number, status_code=409, json={})
        populated.forget()
        response = send(who, method, path, **arguments)
        writes = writes_of(populated)
        if len(writes) < number:
            break
        if response.status_code < 300 or response.json["error"].get("outcome") == "unknown":
            continue
        left = [
            earlier
            for earlier in writes[: number - 1]
            if not any(undoes(later, earlier) for later in writes[number:])
        ]
        assert left == [], writes
    assert response.status_code < 300, response.text
