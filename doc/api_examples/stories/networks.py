# SPDX-License-Identifier: Apache-2.0
"""VPCs and what is in them, security groups and public IPs."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from doc.api_examples.recording import JSON, Ids, Recording

ZONE = "kr-central-2-a"
ANYWHERE = "0.0.0.0/0"
VPC = "/api/v1/vpcs/{vpc_id}"
SUBNET = "/api/v1/subnets/{subnet_id}"
SHARE = f"{SUBNET}/projects/{{project_id}}"
TABLE = "/api/v1/route-tables/{route_table_id}"
ASSOCIATION = f"{TABLE}/associations/{{association_id}}"
ROUTE = f"{TABLE}/routes/{{route_id}}"
INTERFACE = "/api/v1/network-interfaces/{network_interface_id}"
GROUP = "/api/v1/security-groups/{security_group_id}"
RULE = f"{GROUP}/rules/{{security_group_rule_id}}"
PUBLIC_IP = "/api/v1/public-ips/{public_ip_id}"


@dataclass(frozen=True)
class Network:
    """Where instances can be put."""

    vpc_id: str
    subnet_id: str
    group_id: str


@contextlib.contextmanager
def network(recording: Recording) -> Iterator[Network]:
    """A VPC with a subnet and a security group; they go in the end."""
    vpc = {
        "name": "shop",
        "cidr_block": "10.20.0.0/16",
        "subnet": {"cidr_block": "10.20.0.0/24", "availability_zone": ZONE},
    }
    made = recording.call("member", "POST /api/v1/vpcs", {"vpc": vpc}, expect=201)["vpc"]
    found = recording.call("member", "GET /api/v1/subnets", query={"vpc_id": made["id"]})
    wanted = {"security_group": {"name": "web", "description": "Web servers"}}
    group = recording.call("member", "POST /api/v1/security-groups", wanted, expect=201)
    group_id = group["security_group"]["id"]
    try:
        yield Network(made["id"], found["subnets"][0]["id"], group_id)
    finally:
        recording.call("member", f"DELETE {VPC}", expect=204, vpc_id=made["id"])
        recording.call("member", f"DELETE {GROUP}", expect=204, security_group_id=group_id)


def play(recording: Recording) -> None:
    """Everything that needs no instance."""
    with network(recording) as made:
        _vpc(recording, made)
        _security_group(recording, made)
        _interface(recording, made)


def _vpc(recording: Recording, made: Network) -> None:
    vpc_id = made.vpc_id
    recording.call("member", "GET /api/v1/vpcs", query={"name": "shop"})
    recording.call("member", f"GET {VPC}", vpc_id=vpc_id)
    recording.call("member", f"PUT {VPC}", {"vpc": {"name": "store"}}, vpc_id=vpc_id)
    _share(recording, made.subnet_id)

    wanted = {
        "name": "back-office",
        "vpc_id": vpc_id,
        "cidr_block": "10.20.1.0/24",
        "availability_zone": ZONE,
    }
    answer = recording.call("member", "POST /api/v1/subnets", {"subnet": wanted}, expect=201)
    subnet_id = answer["subnet"]["id"]
    overlap = {"subnet": wanted | {"cidr_block": "10.20.1.0/25"}}
    recording.refused("member", "POST /api/v1/subnets", 409, overlap)
    outside = {"subnet": wanted | {"cidr_block": "10.99.1.0/24"}}
    recording.refused("member", "POST /api/v1/subnets", 400, outside)
    recording.refused("member", f"DELETE {VPC}", 409, vpc_id=vpc_id)
    recording.call("member", f"GET {SUBNET}", subnet_id=subnet_id)
    renamed = {"subnet": {"name": "office"}}
    recording.call("member", f"PUT {SUBNET}", renamed, subnet_id=subnet_id)
    _route_table(recording, vpc_id)
    recording.call("member", f"DELETE {SUBNET}", expect=204, subnet_id=subnet_id)


def _share(recording: Recording, subnet_id: str) -> None:
    other = recording.call("other", "GET /api/v1/vpcs")["vpcs"][0]["project_id"]
    sharing = {"subnet_id": subnet_id, "project_id": other}
    recording.call("member", f"POST {SHARE}", expect=204, **sharing)
    recording.call("member", f"GET {SUBNET}/projects", subnet_id=subnet_id)
    recording.call("member", f"DELETE {SHARE}", expect=204, **sharing)


def _route_table(recording: Recording, vpc_id: str) -> None:
    found = recording.call("member", "GET /api/v1/route-tables", query={"vpc_id": vpc_id})
    table: JSON = found["vpc_route_tables"][0]
    its: Ids = {"route_table_id": table["id"]}
    recording.call("member", f"GET {TABLE}", **its)
    private = {"vpc_route_table": {"name": "private", "vpc_id": vpc_id}}
    answer = recording.call("member", "POST /api/v1/route-tables", private, expect=201)
    second: Ids = {"route_table_id": answer["vpc_route_table"]["id"]}
    recording.call("member", f"PUT {TABLE}", {"vpc_route_table": {"name": "quiet"}}, **second)
    recording.refused("member", f"DELETE {TABLE}", 409, **its)
    recording.call("member", f"PUT {TABLE}/main", expect=204, **its)

    listed = recording.call("member", f"GET {TABLE}/associations", **its)["associations"]
    association_id = listed[0]["id"]
    for source, target in ((its, second), (second, its)):
        change = {"association": {"target_route_table_id": target["route_table_id"]}}
        path: Ids = {"association_id": association_id, **source}
        recording.call("member", f"PUT {ASSOCIATION}", change, **path)
    recording.call("member", f"DELETE {TABLE}", expect=204, **second)

    out = next(route for route in table["routes"] if route["destination"] == ANYWHERE)
    recording.call("member", f"DELETE {ROUTE}", expect=204, route_id=out["id"], **its)
    wanted = {"route_type": "igw", "target_id": vpc_id, "destination": ANYWHERE}
    answer = recording.call(
        "member", f"POST {TABLE}/routes", {"vpc_route": wanted}, expect=201, **its
    )
    route_id = answer["vpc_route"]["id"]
    recording.refused("member", f"POST {TABLE}/routes", 409, {"vpc_route": wanted}, **its)
    recording.call("member", f"PUT {ROUTE}", {"vpc_route": wanted}, route_id=route_id, **its)


def _security_group(recording: Recording, made: Network) -> None:
    its: Ids = {"security_group_id": made.group_id}
    recording.call("member", "GET /api/v1/security-groups", query={"name": "web"})
    recording.call("member", f"GET {GROUP}", **its)
    change = {"security_group": {"description": "Web servers of the shop"}}
    recording.call("member", f"PUT {GROUP}", change, **its)
    rule = {
        "description": "HTTPS",
        "direction": "ingress",
        "protocol": "TCP",
        "port_range_min": 443,
        "port_range_max": 443,
        "remote_ip_prefix": ANYWHERE,
    }
    body = {"security_group_rule": rule}
    answer = recording.call("member", f"POST {GROUP}/rules", body, expect=201, **its)
    recording.refused("member", f"POST {GROUP}/rules", 409, body, **its)
    rule_id = answer["security_group_rule"]["id"]
    recording.call("member", f"DELETE {RULE}", expect=204, security_group_rule_id=rule_id, **its)


def _interface(recording: Recording, made: Network) -> None:
    wanted = {
        "name": "second-card",
        "subnet_id": made.subnet_id,
        "private_ip": "10.20.0.20",
        "security_groups": [made.group_id],
    }
    answer = recording.call(
        "member", "POST /api/v1/network-interfaces", {"network_interface": wanted}, expect=201
    )
    its: Ids = {"network_interface_id": answer["network_interface"]["id"]}
    again = {"network_interface": wanted}
    recording.refused("member", "POST /api/v1/network-interfaces", 409, again)
    recording.refused("member", f"DELETE {SUBNET}", 409, subnet_id=made.subnet_id)
    recording.call("member", "GET /api/v1/network-interfaces", query={"name": "second-card"})
    recording.call("member", f"GET {INTERFACE}", **its)
    change = {"network_interface": {"description": "for backups"}}
    recording.call("member", f"PUT {INTERFACE}", change, **its)
    pairs = {"allowed_address_pairs": [{"ip_address": "10.20.0.200"}]}
    recording.call("member", f"PUT {INTERFACE}/allowed-address-pairs", pairs, **its)

    shop = {"public_ip": {"description": "the shop"}}
    recording.refused("member", "POST /api/v1/public-ips", 403, shop)
    public_ip = recording.call("admin", "POST /api/v1/public-ips", shop, expect=201)["public_ip"]
    both: Ids = its | {"public_ip_id": public_ip["id"]}
    recording.call("admin", "GET /api/v1/public-ips", query={"id": public_ip["id"]})
    recording.call("admin", f"GET {PUBLIC_IP}", public_ip_id=public_ip["id"])
    changed = {"public_ip": {"description": "the shop's front door"}}
    recording.call("admin", f"PUT {PUBLIC_IP}", changed, public_ip_id=public_ip["id"])
    link = f"{PUBLIC_IP}/network-interfaces/{{network_interface_id}}"
    recording.call("admin", f"PUT {link}", **both)
    recording.call("admin", f"DELETE {link}", **both)
    recording.call("admin", f"DELETE {PUBLIC_IP}", expect=204, public_ip_id=public_ip["id"])
    recording.call("member", f"DELETE {INTERFACE}", expect=204, **its)
