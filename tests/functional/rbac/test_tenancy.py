# SPDX-License-Identifier: Apache-2.0
"""Ids of another project wherever an id can stand: nothing is told, and nothing happens."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import openstack
import pytest

from tests.functional import connections
from tests.functional.client import Client
from tests.functional.images import Images
from tests.functional.instances import Instances
from tests.functional.rbac.attempts import NAME, attempts
from tests.functional.volumes import Volumes

JSON = dict[str, Any]
Connect = Callable[[str], openstack.connection.Connection]
Ids = dict[str, str]


@pytest.fixture(scope="module")
def common(member: Client) -> Ids:
    """What every project sees."""
    images = member.get("/api/v1/images", name="ubuntu")["images"]
    flavors = member.get("/api/v1/flavors", name="t1i.micro")["flavors"]
    return {"public_image_id": images[0]["id"], "flavor_id": flavors[0]["id"]}


def belongings(client: Client, cloud: openstack.connection.Connection, made: ExitStack) -> Ids:
    """A whole set of resources of one project; they are removed with ``made``."""
    network = cloud.network
    net = network.create_network(name=NAME)
    made.callback(network.delete_network, net)
    subnet = network.create_subnet(network_id=net.id, ip_version=4, cidr="10.94.0.0/24")
    router = network.create_router(name=NAME)
    made.callback(network.delete_router, router)
    network.add_interface_to_router(router, subnet=subnet.id)
    made.callback(network.remove_interface_from_router, router, subnet=subnet.id)
    group = network.create_security_group(name=NAME)
    made.callback(network.delete_security_group, group)
    rule = network.create_security_group_rule(security_group_id=group.id, direction="ingress")
    port = network.create_port(network_id=net.id)
    made.callback(network.delete_port, port, ignore_missing=True)
    (external,) = network.networks(is_router_external=True)
    address = network.create_ip(floating_network_id=external.id)
    made.callback(network.delete_ip, address)
    volumes = Volumes(client)
    made.callback(volumes.remove_all)
    volume_id = volumes.make_available()
    snapshot_id = volumes.snapshot(volume_id)
    volumes.wait_for_snapshot(snapshot_id)
    bootable = volumes.make_available()
    cloud.block_storage.set_volume_bootable_status(bootable, True)
    images = Images(client)
    made.callback(images.remove_all)
    image_id = images.make(bootable)["id"]
    images.wait_until_active(image_id)
    (table,) = client.get("/api/v1/route-tables", vpc_id=net.id)["vpc_route_tables"]
    keypair = {"keypair": {"name": NAME}}
    assert client.request("POST", "/api/v1/keypairs", json=keypair).status_code == 201
    made.callback(client.delete, f"/api/v1/keypairs/{NAME}")
    return {
        "vpc_id": net.id,
        "subnet_id": subnet.id,
        "route_table_id": table["id"],
        "association_id": table["associations"][0]["id"],
        "route_id": table["routes"][0]["id"],
        "security_group_id": group.id,
        "security_group_rule_id": rule.id,
        "network_interface_id": port.id,
        "public_ip_id": address.id,
        "volume_id": volume_id,
        "snapshot_id": snapshot_id,
        "image_id": image_id,
        "keypair_name": NAME,
        "project_id": connections.project_id(cloud),
        "user_id": connections.user_id(cloud),
    }


@pytest.fixture(scope="module")
def theirs(member: Client, cloud: Connect, common: Ids) -> Iterator[Ids]:
    """What the attacked project has, an instance included."""
    with ExitStack() as made:
        ids = common | belongings(member, cloud("kic-member"), made)
        instances = Instances(member, ids["subnet_id"], cloud("kic-operator"))
        made.callback(instances.remove_all)
        instance_id, _seen = instances.make_active()
        member_id = connections.project_id(cloud("kic-other"))
        yield ids | {"instance_id": instance_id, "member_id": member_id}


@pytest.fixture(scope="module")
def own(persona: Callable[[str], Client], cloud: Connect, common: Ids) -> Iterator[Ids]:
    """What the attacker has: an instance in a network, and a volume."""
    other, network = persona("kic-other"), cloud("kic-other").network
    with ExitStack() as made:
        net = network.create_network(name=f"{NAME}-own")
        made.callback(network.delete_network, net)
        subnet = network.create_subnet(network_id=net.id, ip_version=4, cidr="10.93.0.0/24")
        group = network.create_security_group(name=f"{NAME}-own")
        made.callback(network.delete_security_group, group)
        volumes = Volumes(other)
        made.callback(volumes.remove_all)
        instances = Instances(other, subnet.id, cloud("kic-operator"))
        made.callback(instances.remove_all)
        instance_id, _seen = instances.make_active()
        (interface,) = other.get_instance(instance_id)["addresses"]
        yield common | {
            "instance_id": instance_id,
            "network_interface_id": interface["network_interface_id"],
            "volume_id": volumes.make_available(),
            "security_group_id": group.id,
            "own_subnet_id": subnet.id,
        }


def state(member: Client, admin: Client, ids: Ids) -> JSON:
    """Everything that the attacked project has, as it sees it."""
    kinds = ["instances", "volumes", "snapshots", "images", "keypairs", "security-groups"]
    kinds += ("vpcs", "subnets", "network-interfaces", "route-tables")
    found = {kind: member.get(f"/api/v1/{kind}", limit=1000) for kind in kinds}
    found["public-ips"] = admin.get("/api/v1/public-ips")
    found["members"] = admin.get(f"/api/v1/projects/{ids['project_id']}/members")
    return found


@pytest.mark.parametrize("attacker", ["kic-other", "kic-operator"])
def test_ids_of_another_project(
    member: Client,
    persona: Callable[[str], Client],
    theirs: Ids,
    own: Ids,
    attacker: str,
    record_property: Callable[[str, object], None],
) -> None:
    """Each attempt is refused as if nothing were there, and afterwards all is as it was."""
    client, admin = persona(attacker), persona("kic-admin")
    mine = own if attacker == "kic-other" else theirs | own
    before = state(member, admin, theirs)
    got_through = []
    count = 0
    for method, path, body in attempts(theirs, mine):
        count += 1
        response = client.request(method, path, json=body)
        assert response.status_code < 500 or response.status_code == 501, response.text
        if response.status_code not in {400, 403, 404, 409}:
            got_through.append((method, path, body, response.status_code, response.text))
        named = f"{path} {body}"  # what the attacker has said may be said again
        for secret in (theirs["user_id"], NAME):
            assert secret in named or secret not in response.text, (method, path, response.text)
    record_property("attempts", count)
    assert got_through == []
    assert state(member, admin, theirs) == before
