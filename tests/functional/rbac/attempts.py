# SPDX-License-Identifier: Apache-2.0
"""Requests with the ids of another project wherever an id can stand."""

import itertools
import re
import uuid
from collections.abc import Iterator
from typing import Any

from tests.functional.rbac.test_matrix import OPERATIONS
from tests.functional.volumes import ZONE

JSON = dict[str, Any]
Ids = dict[str, str]

NAME = f"functional-{uuid.uuid4().hex[:8]}"
PLACE = re.compile(r"{(\w+)}")
# What is asked for; a word in braces is an id of the project under attack.
BODIES: dict[str, list[JSON]] = {
    "PUT /api/v1/instances/{instance_id}": [{"instance": {"name": "stolen"}}],
    "POST /api/v1/instances/{instance_id}/resize": [{"flavor": {"id": "{flavor_id}"}}],
    "POST /api/v1/instances/{instance_id}/rebuild": [{"rebuild": {"image_id": "{image_id}"}}],
    "POST /api/v1/instances/{instance_id}/actions": [{"action": "stop"}],
    "POST /api/v1/instances/{instance_id}/volumes/{volume_id}": [{"volume": {}}],
    "PUT /api/v1/instances/{instance_id}/volumes/{volume_id}": [
        {"volume": {"is_delete_on_termination": True}}
    ],
    "PUT /api/v1/volumes/{volume_id}": [{"volume": {"name": "stolen"}}],
    "POST /api/v1/volumes/{volume_id}/size": [{"volume": {"new_size": 9}}],
    "POST /api/v1/volumes/{volume_id}/image": [{"image": {"name": "stolen"}}],
    "POST /api/v1/volumes/{volume_id}/snapshots": [
        {"snapshot": {"name": "stolen", "is_incremental": False}}
    ],
    "PUT /api/v1/snapshots/{snapshot_id}": [{"snapshot": {"name": "stolen"}}],
    "POST /api/v1/snapshots/{snapshot_id}/restore": [
        {"restore": {"name": "stolen", "availability_zone": ZONE}}
    ],
    "PUT /api/v1/images/{image_id}": [{"image": {"name": "stolen"}}],
    "PUT /api/v1/security-groups/{security_group_id}": [{"security_group": {"name": "stolen"}}],
    "POST /api/v1/security-groups/{security_group_id}/rules": [
        {
            "security_group_rule": {
                "direction": "ingress",
                "protocol": "ALL",
                "remote_ip_prefix": "0.0.0.0/0",
            }
        },
        {
            "security_group_rule": {
                "direction": "ingress",
                "protocol": "ALL",
                "remote_group_id": "{security_group_id}",
            }
        },
    ],
    "PUT /api/v1/public-ips/{public_ip_id}": [{"public_ip": {"description": "stolen"}}],
    "PUT /api/v1/vpcs/{vpc_id}": [{"vpc": {"name": "stolen"}}],
    "PUT /api/v1/subnets/{subnet_id}": [{"subnet": {"name": "stolen"}}],
    "PUT /api/v1/network-interfaces/{network_interface_id}": [
        {"network_interface": {"name": "stolen"}}
    ],
    "POST /api/v1/route-tables/{route_table_id}/routes": [
        {
            "vpc_route": {
                "route_type": "instance",
                "target_id": "{instance_id}",
                "destination": "192.0.2.0/24",
            }
        }
    ],
    "PUT /api/v1/projects/{project_id}/members/{user_id}": [{"member": {"role": "reader"}}],
    "POST /api/v1/projects/{project_id}/members": [
        {"member": {"user_id": "{user_id}", "role": "admin"}}
    ],
}
PAIRS = {"allowed_address_pairs": [{"ip_address": "192.0.2.9"}]}
# Where an id of the other project stands in the body of something new.
NEW: list[tuple[str, JSON]] = [
    (
        "volumes",
        {"volume": {"name": "stolen", "size": 2, "availability_zone": ZONE, field: f"{{{place}}}"}},
    )
    for field, place in (("image_id", "image_id"), ("source_volume_id", "volume_id"))
] + [
    (
        "network-interfaces",
        {
            "network_interface": {
                "name": "stolen",
                "subnet_id": "{subnet_id}",
                "security_groups": ["{security_group_id}"],
            }
        },
    ),
    (
        "network-interfaces",
        {
            "network_interface": {
                "name": "stolen",
                "subnet_id": "{own_subnet_id}",
                "security_groups": ["{security_group_id}"],
            }
        },
    ),
    (
        "subnets",
        {
            "subnet": {
                "name": "stolen",
                "vpc_id": "{vpc_id}",
                "cidr_block": "10.20.16.0/20",
                "availability_zone": ZONE,
            }
        },
    ),
    ("route-tables", {"vpc_route_table": {"name": "stolen", "vpc_id": "{vpc_id}"}}),
]


def instance(**changes: Any) -> tuple[str, JSON]:
    """The making of an instance, good but for one id."""
    wanted: JSON = {
        "name": "stolen",
        "image_id": "{public_image_id}",
        "flavor_id": "{flavor_id}",
        "subnets": [{"id": "{own_subnet_id}"}],
        "volumes": [{"size": 2}],
        "security_groups": None,
    }
    return "instances", {"instance": wanted | changes}


NEW += [
    instance(image_id="{image_id}"),
    instance(subnets=[{"id": "{subnet_id}"}]),
    instance(subnets=[{"id": "{own_subnet_id}", "network_interface_id": "{network_interface_id}"}]),
    instance(volumes=[{"size": 2}, {"size": 2, "uuid": "{volume_id}", "source_type": "volume"}]),
    instance(volumes=[{"size": 2}, {"size": 2, "uuid": "{image_id}", "source_type": "image"}]),
    instance(key_name="{keypair_name}"),
    instance(security_groups=[{"name": NAME}]),
]


def filled(what: Any, ids: Ids) -> Any:
    """A path or body with ids in the place of the words in braces."""
    if isinstance(what, str):
        return PLACE.sub(lambda match: ids[match[1]], what)
    if isinstance(what, dict):
        return {key: filled(value, ids) for key, value in what.items()}
    return [filled(one, ids) for one in what] if isinstance(what, list) else what


def attempts(theirs: Ids, own: Ids) -> Iterator[tuple[str, str, JSON | None]]:
    """Method, path and body of every attempt."""
    for operation in itertools.chain(*(OPERATIONS[kind] for kind in OPERATIONS)):
        method, template = operation.split(" ")
        places = [place for place in PLACE.findall(template) if place in theirs]
        if not places or places == ["flavor_id"]:
            continue
        default: list[Any] = [PAIRS] if template.endswith("allowed-address-pairs") else [None]
        choices = [theirs]
        # One id of theirs beside what is one's own.
        choices += [
            {**theirs, **own, place: theirs[place]}
            for place in places
            if len(places) > 1 and all(one in own for one in places if one != place)
        ]
        for ids in choices:
            for body in BODIES.get(operation, default):
                yield method, filled(template, ids), filled(body, theirs | ids)
    for kind, body in NEW:
        yield (
            "POST",
            f"/api/v1/{kind}",
            filled(body, theirs | {"own_subnet_id": own["own_subnet_id"]}),
        )
    mixed = {"security_group_rule": {"direction": "ingress", "protocol": "ALL"}}
    mixed["security_group_rule"]["remote_group_id"] = theirs["security_group_id"]
    yield "POST", f"/api/v1/security-groups/{own['security_group_id']}/rules", mixed
