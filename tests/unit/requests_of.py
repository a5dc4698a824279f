# SPDX-License-Identifier: Apache-2.0
"""A good request for each operation, at the recorded project."""

import copy
import uuid
from typing import Any, Final

from tests.unit.bodies import (
    DATA_VOLUME,
    FLAVOR,
    FREE_PORT,
    FREE_PUBLIC_IP,
    FREE_VOLUME,
    GROUP,
    IMAGE,
    IMAGE_MEMBER,
    LARGER_FLAVOR,
    NETWORK,
    OTHER_GROUP,
    OWN_IMAGE,
    PORT,
    ROOT_VOLUME,
    ROUTER,
    RULE,
    SECOND_ROUTER,
    SERVER,
    SNAPSHOT,
    SUBNET,
)
from tests.unit.keystone_members import COLLEAGUE, NEWCOMER
from tests.unit.personas import PROJECT

JSON = dict[str, Any]

CREATE: Final[JSON] = {
    "name": "web",
    "image_id": IMAGE["id"],
    "flavor_id": FLAVOR["id"],
    "subnets": [{"id": SUBNET["id"]}],
    "volumes": [{"size": 5}],
    "security_groups": None,
}
CREATE_VOLUME: Final[JSON] = {"name": "data", "size": 1, "availability_zone": "kr-central-2-a"}
CREATE_SNAPSHOT: Final[JSON] = {"name": "before the update", "is_incremental": False}
RESTORE: Final[JSON] = {"name": "restored", "availability_zone": "kr-central-2-a"}
CREATE_RULE: Final[JSON] = {
    "direction": "ingress",
    "protocol": "TCP",
    "port_range_min": 443,
    "port_range_max": 443,
    "remote_ip_prefix": "0.0.0.0/0",
}
CREATE_SUBNET: Final[JSON] = {
    "name": "office",
    "vpc_id": NETWORK["id"],
    "cidr_block": "10.20.16.0/20",
    "availability_zone": "kr-central-2-a",
}
CREATE_INTERFACE: Final[JSON] = {
    "name": "second",
    "subnet_id": SUBNET["id"],
    "security_groups": [GROUP],
}
CREATE_ROUTE: Final[JSON] = {
    "route_type": "instance",
    "target_id": SERVER["id"],
    "destination": "0.0.0.0/0",
}
KEYPAIR_NAME: Final = "recorded"
NEW_NAME: Final = "a name of its own"

# The way to the internet of the recorded router.
ROUTE: Final = "f960987d-4749-52af-9eb6-370d3742d660"
_IDS: Final = {
    "{instance_id}": SERVER["id"],
    "{flavor_id}": FLAVOR["id"],
    "{image_id}": IMAGE["id"],
    "{member_id}": IMAGE_MEMBER["member_id"],
    "{keypair_name}": KEYPAIR_NAME,
    "{volume_id}": DATA_VOLUME,
    "{network_interface_id}": PORT["id"],
    "{public_ip_id}": FREE_PUBLIC_IP["id"],
    "{security_group_id}": OTHER_GROUP,
    "{snapshot_id}": SNAPSHOT["id"],
    "{security_group_rule_id}": RULE["id"],
    "{vpc_id}": NETWORK["id"],
    "{subnet_id}": SUBNET["id"],
    "{project_id}": IMAGE_MEMBER["member_id"],
    "{route_table_id}": ROUTER["id"],
    "{user_id}": COLLEAGUE,
    "{association_id}": SUBNET["id"],
    "{route_id}": ROUTE,
}
_VOLUME: Final = "/api/v1/instances/{instance_id}/volumes/{volume_id}"
_INTERFACE: Final = "/api/v1/instances/{instance_id}/network-interfaces/{network_interface_id}"
_MEMBERS: Final = "/api/v1/projects/{project_id}/members"
_FREE_INTERFACE: Final = "/api/v1/network-interfaces/{network_interface_id}"
_OF_FREE_PORT: Final = {"{network_interface_id}": FREE_PORT["id"]}
_OWN_IMAGE: Final = {"{image_id}": OWN_IMAGE["id"]}
# Where another one of the recorded resources is needed.
_OTHER_IDS: Final[dict[tuple[str, str], dict[str, str]]] = {
    ("DELETE", "/api/v1/route-tables/{route_table_id}"): {"{route_table_id}": SECOND_ROUTER["id"]},
    ("PUT", "/api/v1/route-tables/{route_table_id}/main"): {
        "{route_table_id}": SECOND_ROUTER["id"]
    },
    ("POST", _VOLUME): {"{volume_id}": FREE_VOLUME},
    ("POST", _INTERFACE): {"{network_interface_id}": FREE_PORT["id"]},
    ("DELETE", _INTERFACE): {"{network_interface_id}": FREE_PORT["id"]},
    ("DELETE", "/api/v1/volumes/{volume_id}"): {"{volume_id}": FREE_VOLUME},
    ("GET", _MEMBERS): {"{project_id}": PROJECT},
    ("POST", _MEMBERS): {"{project_id}": PROJECT},
    ("PUT", f"{_MEMBERS}/{{user_id}}"): {"{project_id}": PROJECT},
    ("DELETE", f"{_MEMBERS}/{{user_id}}"): {"{project_id}": PROJECT},
    ("DELETE", "/api/v1/network-interfaces/{network_interface_id}"): _OF_FREE_PORT,
    (
        "PUT",
        "/api/v1/public-ips/{public_ip_id}/network-interfaces/{network_interface_id}",
    ): _OF_FREE_PORT,
    ("POST", "/api/v1/volumes/{volume_id}/image"): {"{volume_id}": ROOT_VOLUME},
    ("PUT", "/api/v1/images/{image_id}"): _OWN_IMAGE,
    ("DELETE", "/api/v1/images/{image_id}"): _OWN_IMAGE,
    ("GET", "/api/v1/images/{image_id}/members"): _OWN_IMAGE,
    ("POST", "/api/v1/images/{image_id}/members/{member_id}"): _OWN_IMAGE,
    ("DELETE", "/api/v1/images/{image_id}/members/{member_id}"): _OWN_IMAGE,
}
_MORE: Final[dict[tuple[str, str], JSON]] = {
    ("POST", "/api/v1/instances"): {"json": {"instance": CREATE}},
    ("PUT", "/api/v1/instances/{instance_id}"): {"json": {"instance": {"name": "renamed"}}},
    ("GET", "/api/v1/instances/{instance_id}/console-logs"): {"query_string": {"lines": 2}},
    ("POST", _VOLUME): {"json": {"volume": {}}},
    ("PUT", _VOLUME): {"json": {"volume": {"is_delete_on_termination": True, "name": "data"}}},
    ("POST", "/api/v1/instances/{instance_id}/resize"): {
        "json": {"flavor": {"id": LARGER_FLAVOR["id"]}}
    },
    ("POST", "/api/v1/instances/{instance_id}/rebuild"): {
        "json": {"rebuild": {"image_id": IMAGE["id"]}}
    },
    ("POST", "/api/v1/instances/{instance_id}/actions"): {"json": {"action": "stop"}},
    ("PUT", f"{_INTERFACE}/allowed-address-pairs"): {"json": {"allowed_address_pairs": []}},
    ("POST", "/api/v1/keypairs"): {"json": {"keypair": {"name": NEW_NAME}}},
    ("POST", "/api/v1/volumes"): {"json": {"volume": CREATE_VOLUME}},
    ("PUT", "/api/v1/volumes/{volume_id}"): {"json": {"volume": {"name": "renamed"}}},
    ("POST", "/api/v1/volumes/{volume_id}/size"): {"json": {"volume": {"new_size": 2}}},
    ("POST", "/api/v1/volumes/{volume_id}/snapshots"): {"json": {"snapshot": CREATE_SNAPSHOT}},
    ("POST", "/api/v1/volumes/{volume_id}/image"): {"json": {"image": {"name": "of a machine"}}},
    ("PUT", "/api/v1/images/{image_id}"): {"json": {"image": {"name": "renamed"}}},
    ("PUT", "/api/v1/snapshots/{snapshot_id}"): {"json": {"snapshot": {"name": "renamed"}}},
    ("POST", "/api/v1/snapshots/{snapshot_id}/restore"): {"json": {"restore": RESTORE}},
    ("POST", _MEMBERS): {"json": {"member": {"user_id": NEWCOMER, "role": "member"}}},
    ("PUT", f"{_MEMBERS}/{{user_id}}"): {"json": {"member": {"role": "reader"}}},
    ("POST", "/api/v1/security-groups"): {"json": {"security_group": {"name": "web"}}},
    ("PUT", "/api/v1/security-groups/{security_group_id}"): {
        "json": {"security_group": {"name": "renamed"}}
    },
    ("POST", "/api/v1/security-groups/{security_group_id}/rules"): {
        "json": {"security_group_rule": CREATE_RULE}
    },
    ("POST", "/api/v1/public-ips"): {"json": {"public_ip": {"description": "of the web"}}},
    ("PUT", "/api/v1/public-ips/{public_ip_id}"): {
        "json": {"public_ip": {"description": "of the web"}}
    },
    ("POST", "/api/v1/vpcs"): {"json": {"vpc": {"name": "office", "cidr_block": "10.0.0.0/16"}}},
    ("PUT", "/api/v1/vpcs/{vpc_id}"): {"json": {"vpc": {"name": "renamed"}}},
    ("POST", "/api/v1/subnets"): {"json": {"subnet": CREATE_SUBNET}},
    ("PUT", "/api/v1/subnets/{subnet_id}"): {"json": {"subnet": {"name": "renamed"}}},
    ("POST", "/api/v1/network-interfaces"): {"json": {"network_interface": CREATE_INTERFACE}},
    ("PUT", _FREE_INTERFACE): {"json": {"network_interface": {"name": "renamed"}}},
    ("PUT", f"{_FREE_INTERFACE}/allowed-address-pairs"): {"json": {"allowed_address_pairs": []}},
    ("POST", "/api/v1/route-tables"): {
        "json": {"vpc_route_table": {"name": "second", "vpc_id": NETWORK["id"]}}
    },
    ("PUT", "/api/v1/route-tables/{route_table_id}/associations/{association_id}"): {
        "json": {"association": {"target_route_table_id": SECOND_ROUTER["id"]}}
    },
    ("PUT", "/api/v1/route-tables/{route_table_id}"): {
        "json": {"vpc_route_table": {"name": "renamed"}}
    },
    ("POST", "/api/v1/route-tables/{route_table_id}/routes"): {
        "json": {"vpc_route": {**CREATE_ROUTE, "destination": "192.0.2.0/24"}}
    },
    ("PUT", "/api/v1/route-tables/{route_table_id}/routes/{route_id}"): {
        "json": {"vpc_route": CREATE_ROUTE}
    },
    ("GET", "/api/v1/client-metadata/resolve"): {"query_string": {"service": "bcs"}},
    ("POST", "/identity/v3/auth/tokens"): {"json": {"auth": {}}},
    ("GET", "/identity/v3/auth/tokens"): {"headers": {"X-Subject-Token": "s3cr3t-token-of-member"}},
}


def path_of(method: str, template: str) -> str:
    """An operation's path with the recorded project's ids in it."""
    ids = _IDS | _OTHER_IDS.get((method, template), {})
    for place, value in ids.items():
        template = template.replace(place, value)
    assert "{" not in template, template
    return template


def arguments_of(method: str, template: str) -> JSON:
    """Body, query and headers of a good request; what must be new in the project is."""
    arguments = copy.deepcopy(_MORE.get((method, template), {}))
    keypair = arguments.get("json", {}).get("keypair", {})
    if keypair.get("name") == NEW_NAME:
        keypair["name"] = uuid.uuid4().hex
    return arguments
