# SPDX-License-Identifier: Apache-2.0
"""VPCs, subnets, network interfaces and route tables on real Neutron."""

import ipaddress
from collections.abc import Callable, Iterator
from typing import Any

import openstack
import pytest

from tests.contract import check
from tests.functional.client import Client
from tests.functional.instances import Instances

JSON = dict[str, Any]
Cloud = Callable[[str], openstack.connection.Connection]
ZONE = "kr-central-2-a"
EVERYWHERE = "0.0.0.0/0"


class Vpcs:
    """Makes VPCs and what is in them, and removes what it has made, the last first."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._made: list[str] = []

    def make(self, kind: str, operation: str, key: str, **wanted: object) -> JSON:
        """Make something; it is held against the contract."""
        response = self._client.request("POST", f"/api/v1/{kind}", json={key: wanted})
        assert response.status_code == 201, response.text
        assert check("vpc", operation, response.json()) == []
        made: JSON = response.json()[key]
        self._made.append(f"/api/v1/{kind}/{made['id']}")
        return made

    def vpc(self, cidr_block: str, **more: object) -> JSON:
        """A VPC."""
        name = "functional-vpc"
        return self.make("vpcs", "CreateVpc", "vpc", name=name, cidr_block=cidr_block, **more)

    def subnet(self, vpc_id: str, cidr_block: str) -> JSON:
        """A subnet."""
        wanted = {"name": "functional", "vpc_id": vpc_id, "cidr_block": cidr_block}
        return self.make("subnets", "CreateSubnet", "subnet", availability_zone=ZONE, **wanted)

    def interface(self, subnet_id: str, group_id: str, **more: object) -> JSON:
        """A network interface."""
        wanted = {"name": "functional", "subnet_id": subnet_id, "security_groups": [group_id]}
        key, operation = "network_interface", "CreateNetworkInterface"
        return self.make("network-interfaces", operation, key, **(wanted | more))

    def remove_all(self) -> None:
        """Remove what is left."""
        for path in reversed(self._made):
            assert self._client.delete(path) in {204, 404}, path


@pytest.fixture
def vpcs(member: Client) -> Iterator[Vpcs]:
    """VPCs of the test's own. A test with instances in them names this fixture before those."""
    made = Vpcs(member)
    yield made
    made.remove_all()


@pytest.fixture
def group_id(member: Client) -> str:
    """The project's default security group."""
    groups = member.get("/api/v1/security-groups", limit=1000)["security_groups"]
    (found,) = (one["id"] for one in groups if one["name"] == "default")
    return str(found)


def shown(client: Client, kind: str, its_id: str, operation: str, key: str) -> JSON:
    """Something, held against the contract."""
    body = client.get(f"/api/v1/{kind}/{its_id}")
    assert check("vpc", operation, body) == []
    found: JSON = body[key]
    return found


def refused(client: Client, method: str, path: str, status: int, body: Any = None) -> str:
    """The sentence with which a request is refused."""
    response = client.request(method, path, json=body)
    assert response.status_code == status, response.text
    return str(response.json()["error"]["message"])


def table_of(client: Client, vpc_id: str) -> JSON:
    """The main route table of a VPC."""
    tables = client.get("/api/v1/route-tables", vpc_id=vpc_id)
    assert check("vpc", "ListRouteTables", tables) == []
    (table,) = tables["vpc_route_tables"]
    return dict(table)


def test_vpc(member: Client, cloud: Cloud, vpcs: Vpcs) -> None:
    """A network with a router that leads to the internet; when it goes, so do both."""
    vpc = vpcs.vpc("10.96.0.0/16")
    path = f"/api/v1/vpcs/{vpc['id']}"
    found = shown(member, "vpcs", vpc["id"], "GetVpc", "vpc")
    assert (found["cidr_block"], found["provisioning_status"]) == ("10.96.0.0/16", "ACTIVE")
    assert found["igw"]["nat_ip"]
    assert found["default_route_table"]["id"] == table_of(member, vpc["id"])["id"]
    response = member.request("PUT", path, json={"vpc": {"name": "functional-renamed"}})
    assert check("vpc", "PutBnsVpc", response.json()) == []
    listed = member.get("/api/v1/vpcs", name="functional-renamed")
    assert check("vpc", "ListVpcs", listed) == []
    assert [one["id"] for one in listed["vpcs"]] == [vpc["id"]]

    network = cloud("kic-member").network
    assert network.find_router(found["default_route_table"]["id"]) is not None
    assert member.delete(path) == 204
    assert member.request("GET", path).status_code == 404
    assert network.find_network(vpc["id"]) is None
    assert network.find_router(found["default_route_table"]["id"]) is None


def test_first_subnet_goes_with_its_vpc(member: Client, cloud: Cloud, vpcs: Vpcs) -> None:
    """Clients that make both in one request delete the VPC alone."""
    first = {"cidr_block": "10.97.0.0/24", "availability_zone": ZONE}
    vpc = vpcs.vpc("10.97.0.0/20", subnet=first)
    (subnet,) = member.get("/api/v1/subnets", vpc_id=vpc["id"])["subnets"]
    assert (subnet["cidr_block"], subnet["provisioning_status"]) == ("10.97.0.0/24", "ACTIVE")
    assert subnet["route_table_id"] == table_of(member, vpc["id"])["id"]
    assert member.delete(f"/api/v1/vpcs/{vpc['id']}") == 204
    assert cloud("kic-member").network.find_subnet(subnet["id"]) is None


def test_subnets(member: Client, vpcs: Vpcs, group_id: str) -> None:
    """They lie in the VPC, do not overlap, keep their first addresses, and go when empty."""
    vpc = vpcs.vpc("10.98.0.0/16")
    subnet = vpcs.subnet(vpc["id"], "10.98.16.0/20")
    found = shown(member, "subnets", subnet["id"], "GetSubnet", "subnet")
    assert (found["vpc_id"], found["availability_zone"]) == (vpc["id"], ZONE)
    assert (found["operating_status"], found["is_shared"]) == ("ONLINE", False)

    wanted = {"name": "functional", "vpc_id": vpc["id"], "availability_zone": ZONE}
    for cidr_block, status, words in (
        ("10.98.16.0/24", 409, "another subnet"),
        ("10.99.0.0/24", 400, "not in the VPC's range"),
        ("10.98.32.0/19", 400, "/20 to /26"),
        ("10.98.32.0/27", 400, "/20 to /26"),
        ("10.98.32.7/24", 400, "first address"),
    ):
        body = {"subnet": wanted | {"cidr_block": cidr_block}}
        assert words in refused(member, "POST", "/api/v1/subnets", status, body)
    interface = vpcs.interface(subnet["id"], group_id)
    address = ipaddress.IPv4Address(interface["private_ip"])
    assert address >= ipaddress.IPv4Address("10.98.16.6")
    assert interface["id"] in refused(member, "DELETE", f"/api/v1/subnets/{subnet['id']}", 409)
    assert interface["id"] in refused(member, "DELETE", f"/api/v1/vpcs/{vpc['id']}", 409)
    assert member.delete(f"/api/v1/network-interfaces/{interface['id']}") == 204
    assert subnet["id"] in refused(member, "DELETE", f"/api/v1/vpcs/{vpc['id']}", 409)
    assert member.delete(f"/api/v1/subnets/{subnet['id']}") == 204
    assert member.request("GET", f"/api/v1/subnets/{subnet['id']}").status_code == 404


def test_network_interfaces(
    member: Client, vpcs: Vpcs, instances: Instances, group_id: str
) -> None:
    """One that an instance has stays; an address is one's own choice among the free ones."""
    vpc = vpcs.vpc("10.99.0.0/16")
    subnet = vpcs.subnet(vpc["id"], "10.99.0.0/20")
    made = vpcs.interface(subnet["id"], group_id, private_ip="10.99.0.20", description="mine")
    path = f"/api/v1/network-interfaces/{made['id']}"
    operation, key = "GetNetworkInterface", "network_interface"
    found = shown(member, "network-interfaces", made["id"], operation, key)
    assert (found["private_ip"], found["status"]) == ("10.99.0.20", "available")
    assert found["security_groups"] == [{"id": group_id, "name": "default"}]
    every = "/api/v1/network-interfaces"
    wanted = {"name": "functional", "subnet_id": subnet["id"], "security_groups": [group_id]}
    for changes, status, words in (
        ({"private_ip": "10.99.0.20"}, 409, "in use"),
        ({"private_ip": "10.99.0.3"}, 400, "reserved"),
        ({"private_ip": "10.98.0.20"}, 400, "not in"),
        ({"security_groups": []}, 400, "security_groups"),
        ({"security_groups": [vpc["id"]]}, 400, "no security group"),
    ):
        assert words in refused(member, "POST", every, status, {key: wanted | changes})

    pairs = {"allowed_address_pairs": [{"ip_address": "10.99.0.200"}]}
    response = member.request("PUT", f"{path}/allowed-address-pairs", json=pairs)
    assert check("vpc", "UpdateNetworkInterfaceAllowedAddresses", response.json()) == []
    found = shown(member, "network-interfaces", made["id"], operation, key)
    assert [pair["ip_address"] for pair in found["allowed_address_pairs"]] == ["10.99.0.200"]
    nothing = {"allowed_address_pairs": [{"ip_address": None}]}
    assert member.request("PUT", f"{path}/allowed-address-pairs", json=nothing).status_code == 200

    place = {"id": subnet["id"], "network_interface_id": made["id"]}
    instance_id, _seen = instances.make_active(subnets=[place])
    found = shown(member, "network-interfaces", made["id"], operation, key)
    assert (found["status"], found["device_id"]) == ("in_use", instance_id)
    assert instance_id in refused(member, "DELETE", path, 409)
    detach = f"/api/v1/instances/{instance_id}/network-interfaces/{made['id']}"
    assert "primary" in refused(member, "DELETE", detach, 409)
    instances.remove(instance_id)
    assert shown(member, "network-interfaces", made["id"], operation, key)["status"] == "available"


def test_routes(member: Client, vpcs: Vpcs, instances: Instances) -> None:
    """The way to the internet goes and comes; a route leads to an instance and goes again."""
    vpc = vpcs.vpc("10.100.0.0/16")
    subnet = vpcs.subnet(vpc["id"], "10.100.0.0/20")
    table = table_of(member, vpc["id"])
    path = f"/api/v1/route-tables/{table['id']}"
    assert check("vpc", "GetRouteTable", member.get(path)) == []
    (association,) = table["associations"]
    assert association["subnet_id"] == subnet["id"]
    ways = {route["destination"]: route for route in table["routes"]}
    assert ways["10.100.0.0/16"]["is_local_route"] is True
    assert ways[EVERYWHERE]["target_type"] == "igw"
    local = f"{path}/routes/{ways['10.100.0.0/16']['id']}"
    assert "local route" in refused(member, "DELETE", local, 409)
    response = member.request("DELETE", f"{path}/routes/{ways[EVERYWHERE]['id']}")
    assert response.status_code == 204, response.text
    assert member.get(f"/api/v1/vpcs/{vpc['id']}")["vpc"]["igw"] is None
    out = {"route_type": "igw", "target_id": table["id"], "destination": EVERYWHERE}
    response = member.request("POST", f"{path}/routes", json={"vpc_route": out})
    assert response.status_code == 201, response.text
    assert check("vpc", "AddRoute", response.json()) == []
    assert "already" in refused(member, "POST", f"{path}/routes", 409, {"vpc_route": out})

    instance_id, _seen = instances.make_active(subnets=[{"id": subnet["id"]}])
    over = {"route_type": "instance", "target_id": instance_id, "destination": "192.0.2.0/24"}
    added = member.request("POST", f"{path}/routes", json={"vpc_route": over})
    assert added.status_code == 201, added.text
    routes = member.get(path)["vpc_route_table"]["routes"]
    (found,) = (one for one in routes if one["destination"] == "192.0.2.0/24")
    assert (found["target_type"], found["target_id"]) == ("instance", instance_id)
    assert "target of a route" in refused(
        member, "DELETE", f"/api/v1/subnets/{subnet['id']}", 409
    ) or (instance_id in refused(member, "DELETE", f"/api/v1/subnets/{subnet['id']}", 409))
    assert member.delete(f"{path}/routes/{found['id']}") == 204


def test_tenancy(
    member: Client, persona: Callable[[str], Client], vpcs: Vpcs, group_id: str
) -> None:
    """Nobody else sees them, a reader changes nothing."""
    vpc = vpcs.vpc("10.102.0.0/16")
    subnet = vpcs.subnet(vpc["id"], "10.102.0.0/20")
    interface = vpcs.interface(subnet["id"], group_id)
    table = table_of(member, vpc["id"])
    paths = {
        f"/api/v1/vpcs/{vpc['id']}": {"vpc": {"name": "mine"}},
        f"/api/v1/subnets/{subnet['id']}": {"subnet": {"name": "mine"}},
        f"/api/v1/network-interfaces/{interface['id']}": {"network_interface": {"name": "mine"}},
        f"/api/v1/route-tables/{table['id']}": None,
    }
    for path, change in paths.items():
        kind = path.split("/")[3]
        for stranger in ("kic-other", "kic-operator"):
            theirs = persona(stranger)
            refused(theirs, "GET", path, 404)
            refused(theirs, "DELETE", path, 404)
            if change:
                refused(theirs, "PUT", path, 404, change)
            body = theirs.get(f"/api/v1/{kind}", id=path.rpartition("/")[2])
            assert body["pagination"]["total"] == 0
        refused(persona("kic-reader"), "DELETE", path, 403)


def test_demo_network(member: Client, subnet_id: str) -> None:
    """A network that was made in Neutron is a VPC too, with the range of its subnets."""
    subnet = member.get(f"/api/v1/subnets/{subnet_id}")["subnet"]
    vpc = member.get(f"/api/v1/vpcs/{subnet['vpc_id']}")["vpc"]
    assert vpc["cidr_block"] == subnet["cidr_block"]
    assert vpc["default_route_table"]["id"] == subnet["route_table_id"]
