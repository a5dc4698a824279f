# SPDX-License-Identifier: Apache-2.0
"""Several route tables in a VPC on real Neutron, and where its logical flows take packets."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import openstack
import pytest

from tests.contract import check
from tests.functional.client import Client
from tests.functional.logical_flows import LogicalFlows
from tests.functional.test_vpcs import EVERYWHERE, Vpcs, group_id, refused, shown, table_of, vpcs

__all__ = ["group_id", "vpcs"]
JSON = dict[str, Any]
Cloud = Callable[[str], openstack.connection.Connection]
TABLES = "/api/v1/route-tables"


class RouteTables:
    """Makes route tables, and gives every subnet back to the main table in the end."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._made: list[str] = []

    def make(self, vpc_id: str, name: str) -> JSON:
        """A route table; it is held against the contract."""
        body = {"vpc_route_table": {"name": name, "vpc_id": vpc_id}}
        response = self._client.request("POST", TABLES, json=body)
        assert response.status_code == 201, response.text
        assert check("vpc", "CreateRouteTable", response.json()) == []
        made: JSON = response.json()["vpc_route_table"]
        self._made.append(made["id"])
        return made

    def get(self, table_id: str) -> JSON:
        """A route table, held against the contract."""
        return shown(self._client, "route-tables", table_id, "GetRouteTable", "vpc_route_table")

    def associate(self, subnet_id: str, source_id: str, target_id: str) -> JSON:
        """Associate a subnet with another table, as the official clients do."""
        path = f"{TABLES}/{source_id}/associations"
        body = self._client.get(path)
        assert check("vpc", "ListRouteTableAssociations", body) == []
        (its_id,) = (one["id"] for one in body["associations"] if one["subnet_id"] == subnet_id)
        change = {"association": {"target_route_table_id": target_id}}
        response = self._client.request("PUT", f"{path}/{its_id}", json=change)
        assert response.status_code == 200, response.text
        assert check("vpc", "UpdateRouteTableAssociation", response.json()) == []
        changed: JSON = response.json()["association"]
        return changed

    def add_internet_route(self, table_id: str, vpc_id: str) -> str:
        """A route to the internet; its id."""
        route = {"route_type": "igw", "target_id": vpc_id, "destination": EVERYWHERE}
        path = f"{TABLES}/{table_id}/routes"
        response = self._client.request("POST", path, json={"vpc_route": route})
        assert response.status_code == 201, response.text
        assert check("vpc", "AddRoute", response.json()) == []
        return str(response.json()["vpc_route"]["id"])


@pytest.fixture
def tables(member: Client) -> RouteTables:
    """Route tables of the test's own; they go with their VPC."""
    return RouteTables(member)


@pytest.fixture
def flows(standalone: Path) -> LogicalFlows:
    """Traces in OVN, which runs with the rest of the standalone."""
    return LogicalFlows()


def test_whole_life(member: Client, vpcs: Vpcs, tables: RouteTables, cloud: Cloud) -> None:
    """Made with an interface in each subnet, renamed, associated, made the main one, deleted."""
    vpc = vpcs.vpc("10.103.0.0/16")
    first = vpcs.subnet(vpc["id"], "10.103.0.0/20")
    main = table_of(member, vpc["id"])
    private = tables.make(vpc["id"], "private")
    path = f"{TABLES}/{private['id']}"
    found = tables.get(private["id"])
    assert (found["is_main"], found["provisioning_status"]) == (False, "ACTIVE")
    assert found["associations"] == []
    assert [route["is_local_route"] for route in found["routes"]] == [True]

    later = vpcs.subnet(vpc["id"], "10.103.16.0/20")
    network = cloud("kic-member").network
    addresses = {
        fixed["ip_address"]
        for port in network.ports(device_id=private["id"])
        for fixed in port.fixed_ips
    }
    assert addresses == {"10.103.0.2", "10.103.16.2"}

    body = {"vpc_route_table": {"name": "private-2"}}
    assert member.request("PUT", path, json=body).json()["vpc_route_table"]["name"] == "private-2"
    changed = tables.associate(first["id"], main["id"], private["id"])
    assert (changed["subnet_id"], changed["route_table_id"]) == (first["id"], private["id"])
    subnet = member.get(f"/api/v1/subnets/{first['id']}")["subnet"]
    assert (subnet["route_table_id"], subnet["route_table_name"]) == (private["id"], "private-2")
    for query, expected in (
        ({"subnet_id": first["id"]}, {private["id"]}),
        ({"subnet_id": later["id"]}, {main["id"]}),
        ({"name": "private"}, {private["id"]}),
        ({"association_count": "1"}, {main["id"], private["id"]}),
        ({"destination": EVERYWHERE}, {main["id"]}),
    ):
        listed = member.get(TABLES, vpc_id=vpc["id"], **query)["vpc_route_tables"]
        assert {one["id"] for one in listed} == expected, query

    assert first["id"] in refused(member, "DELETE", path, 409)
    assert member.request("PUT", f"{path}/main").status_code == 204
    assert tables.get(private["id"])["is_main"] is True
    assert tables.get(main["id"])["is_main"] is False
    default = member.get(f"/api/v1/vpcs/{vpc['id']}")["vpc"]["default_route_table"]
    assert default["id"] == private["id"]
    third = vpcs.subnet(vpc["id"], "10.103.32.0/20")
    subnet = member.get(f"/api/v1/subnets/{third['id']}")["subnet"]
    assert subnet["route_table_id"] == private["id"]
    assert "main route table" in refused(member, "DELETE", path, 409)

    assert member.request("PUT", f"{TABLES}/{main['id']}/main").status_code == 204
    for one in (first, third):
        tables.associate(one["id"], private["id"], main["id"])
    assert member.delete(path) == 204
    assert member.request("GET", path).status_code == 404
    assert list(network.ports(device_id=private["id"])) == []


def test_private_subnet(
    member: Client,
    persona: Callable[[str], Client],
    vpcs: Vpcs,
    tables: RouteTables,
    cloud: Cloud,
    flows: LogicalFlows,
    group_id: str,
) -> None:
    """Subnets of two tables reach each other; each leaves the cloud only by its own gateway."""
    vpc = vpcs.vpc("10.104.0.0/16")
    public, private = (vpcs.subnet(vpc["id"], f"10.104.{third}.0/24") for third in (0, 1))
    main = table_of(member, vpc["id"])
    network = cloud("kic-member").network

    def port_in(subnet: JSON) -> JSON:
        made = vpcs.interface(subnet["id"], group_id, name=f"in-{subnet['id'][:8]}")
        port: JSON = network.get(f"/ports/{made['id']}").json()["port"]
        return port

    inside, hidden = port_in(public), port_in(private)

    def gateway_of(subnet: JSON) -> str:
        address = subnet["cidr_block"].replace(".0/24", ".1")
        (port,) = network.ports(network_id=vpc["id"], fixed_ips=f"ip_address={address}")
        return str(port.mac_address)

    assert flows.leaves_cloud(hidden, gateway_of(private))
    table = tables.make(vpc["id"], "private")
    tables.associate(private["id"], main["id"], table["id"])
    assert flows.reaches(inside, gateway_of(public), hidden)
    assert flows.reaches(hidden, gateway_of(private), inside)
    assert flows.leaves_cloud(inside, gateway_of(public))
    assert not flows.leaves_cloud(hidden, gateway_of(private))

    admin = persona("kic-admin")
    body = {"public_ip": {"description": "functional"}}
    its_id = admin.request("POST", "/api/v1/public-ips", json=body).json()["public_ip"]["id"]
    path = f"/api/v1/public-ips/{its_id}/network-interfaces/{hidden['id']}"
    assert "no internet gateway" in refused(admin, "PUT", path, 409)

    tables.add_internet_route(table["id"], vpc["id"])
    assert flows.leaves_cloud(hidden, gateway_of(private))
    assert flows.reaches(inside, gateway_of(public), hidden)
    assert admin.request("PUT", path).status_code == 200
    association = f"{TABLES}/{table['id']}/associations/{private['id']}"
    change = {"association": {"target_route_table_id": main["id"]}}
    assert "Public IPs" in refused(member, "PUT", association, 409, change)
    assert admin.delete(path) == 200
    assert member.request("PUT", association, json=change).status_code == 200
    assert admin.delete(f"/api/v1/public-ips/{its_id}") == 204
    assert tables.get(table["id"])["associations"] == []


def test_broken_off_changes(member: Client, vpcs: Vpcs, tables: RouteTables, cloud: Cloud) -> None:
    """What a gateway that died has left is finished by the next call, or removed."""
    vpc = vpcs.vpc("10.105.0.0/16")
    subnet = vpcs.subnet(vpc["id"], "10.105.0.0/24")
    main = table_of(member, vpc["id"])
    network = cloud("kic-member").network
    table = tables.make(vpc["id"], "second")
    (port,) = network.ports(network_id=vpc["id"], fixed_ips="ip_address=10.105.0.1")
    place = {"subnet_id": subnet["id"], "ip_address": "10.105.0.5"}
    network.put(f"/ports/{port.id}", json={"port": {"fixed_ips": [place]}})
    assert member.get(f"/api/v1/subnets/{subnet['id']}")["subnet"]["route_table_id"] is None
    path = f"{TABLES}/{main['id']}/associations/{subnet['id']}"
    change = {"association": {"target_route_table_id": table["id"]}}
    assert member.request("PUT", path, json=change).status_code == 200
    shown_id = member.get(f"/api/v1/subnets/{subnet['id']}")["subnet"]["route_table_id"]
    assert shown_id == table["id"]

    mark = f"Made by kic-vm for the VPC {vpc['id']}"
    half = network.post("/routers", json={"router": {"name": "half", "description": mark}})
    half_id = half.json()["router"]["id"]
    pending = {
        "network_id": vpc["id"],
        "fixed_ips": [{"subnet_id": subnet["id"], "ip_address": "10.105.0.3"}],
        "device_owner": "network:kic-vm-route-table",
        "description": f"Made by kic-vm for the route table {half_id}",
    }
    network.post("/ports", json={"port": pending})
    assert tables.get(half_id)["provisioning_status"] == "PENDING_UPDATE"
    assert member.request("PUT", f"{TABLES}/{half_id}/main").status_code == 204
    assert tables.get(half_id)["provisioning_status"] == "ACTIVE"
    (connected,) = network.ports(device_id=half_id)
    assert connected.fixed_ips[0]["ip_address"] == "10.105.0.3"


def test_tenancy(member: Client, persona: Callable[[str], Client], vpcs: Vpcs) -> None:
    """A stranger finds none of it, a reader changes none of it."""
    vpc = vpcs.vpc("10.106.0.0/16")
    table_id = table_of(member, vpc["id"])["id"]
    body = {"vpc_route_table": {"name": "theirs", "vpc_id": vpc["id"]}}
    rename = {"vpc_route_table": {"name": "theirs"}}
    for stranger in ("kic-other", "kic-operator"):
        theirs = persona(stranger)
        assert "vpc_id" in refused(theirs, "POST", TABLES, 400, body)
        refused(theirs, "PUT", f"{TABLES}/{table_id}", 404, rename)
        refused(theirs, "PUT", f"{TABLES}/{table_id}/main", 404)
    reader = persona("kic-reader")
    refused(reader, "POST", TABLES, 403, body)
    refused(reader, "PUT", f"{TABLES}/{table_id}/main", 403)
