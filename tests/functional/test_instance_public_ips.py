# SPDX-License-Identifier: Apache-2.0
"""Public IPs and security groups of an instance's network interface, on the real services."""

from collections.abc import Callable, Iterator

import openstack
import pytest

from tests.contract import check
from tests.functional.client import Client
from tests.functional.instances import Instances

Cloud = Callable[[str], openstack.connection.Connection]


@pytest.fixture
def public_ips(cloud: Cloud) -> Iterator[Callable[[], set[str]]]:
    """Ids of the project's public IPs; those that come with the test go with it."""
    admin = cloud("kic-admin")

    def ids() -> set[str]:
        return {item.id for item in admin.network.ips(project_id=admin.current_project_id)}

    before = ids()
    yield ids
    for one in ids() - before:
        admin.network.delete_ip(one)


def interface_of(member: Client, instance_id: str) -> str:
    """Path of the instance's interface."""
    path = f"/api/v1/instances/{instance_id}/network-interfaces"
    (interface,) = member.get(path)["network_interfaces"]
    return f"{path}/{interface['id']}"


def shown(member: Client, instance_id: str) -> str | None:
    """The instance's public address."""
    (address,) = member.get_instance(instance_id)["addresses"]
    return None if address["public_ip"] is None else str(address["public_ip"])


def test_public_ips(
    member: Client,
    persona: Callable[[str], Client],
    instances: Instances,
    public_ips: Callable[[], set[str]],
) -> None:
    """A new one is given, taken off and kept, given again, and deleted: by the project's admin."""
    admin = persona("kic-admin")
    instance_id, _seen = instances.make_active()
    path = f"{interface_of(member, instance_id)}/public-ips"
    before = public_ips()
    for name, status in (("kic-member", 403), ("kic-reader", 403), ("kic-other", 403)):
        assert persona(name).request("POST", path).status_code == status
    assert persona("kic-operator").request("POST", path).status_code == 404
    assert admin.request("DELETE", path).status_code == 404

    response = admin.request("POST", path)
    assert response.status_code == 200, response.text
    assert check("bcs", "AssociateNewPublicIp", response.json()) == []
    made = response.json()["public_ip"]
    assert made["status"] == "in_use"
    assert shown(member, instance_id) == made["public_ip"]
    refused = admin.request("POST", path)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "conflict")
    assert public_ips() == before | {made["id"]}
    assert admin.request("PUT", f"{path}/{made['id']}").status_code == 409

    response = admin.request("DELETE", f"{path}?is_delete=false")
    assert response.status_code == 200, response.text
    assert check("bcs", "RemovePublicIp", response.json()) == []
    assert response.json()["public_ip"]["status"] == "available"
    assert shown(member, instance_id) is None

    assert persona("kic-operator").request("PUT", f"{path}/{made['id']}").status_code == 404
    response = admin.request("PUT", f"{path}/{made['id']}")
    assert response.status_code == 200, response.text
    assert check("bcs", "AssociatePublicIp", response.json()) == []
    assert shown(member, instance_id) == made["public_ip"]

    second, _seen = instances.make_active()
    elsewhere = f"{interface_of(member, second)}/public-ips"
    taken = admin.request("PUT", f"{elsewhere}/{made['id']}")
    assert taken.status_code == 409, taken.text
    assert shown(member, instance_id) == made["public_ip"]

    response = admin.request("DELETE", f"{path}?is_delete=true")
    assert response.status_code == 200, response.text
    assert check("bcs", "RemovePublicIp", response.json()) == []
    assert public_ips() == before
    assert admin.request("PUT", f"{path}/{made['id']}").status_code == 404


def test_no_way_to_the_internet(
    member: Client,
    persona: Callable[[str], Client],
    cloud: Cloud,
    instances: Instances,
    public_ips: Callable[[], set[str]],
) -> None:
    """What fails leaves no public IP behind: in a network without a router, or over the quota."""
    network = cloud("kic-member").network
    made = network.create_network(name="functional-no-way")
    subnet = network.create_subnet(network_id=made.id, ip_version=4, cidr="10.76.0.0/24")
    admin, before = persona("kic-admin"), public_ips()
    try:
        instance_id, _seen = instances.make_active(subnets=[{"id": subnet.id}])
        refused = admin.request("POST", f"{interface_of(member, instance_id)}/public-ips")
        assert refused.status_code == 409, refused.text
        assert "no route to the internet" in refused.json()["error"]["message"]
        assert public_ips() == before
        instances.remove(instance_id)
    finally:
        network.delete_network(made)


def test_security_groups(
    member: Client, persona: Callable[[str], Client], cloud: Cloud, instances: Instances
) -> None:
    """A group is attached and detached; the last one stays; another project's is not there."""
    network = cloud("kic-member").network
    group = network.create_security_group(name="functional-attach")
    theirs = next(iter(cloud("kic-other").network.security_groups()))
    try:
        instance_id, _seen = instances.make_active()
        path = f"{interface_of(member, instance_id)}/security-groups"
        (default,) = member.get_instance(instance_id)["security_groups"]
        assert member.request("DELETE", f"{path}/{group.id}").status_code == 404
        for stranger in ("kic-other", "kic-operator"):
            assert persona(stranger).request("POST", f"{path}/{theirs.id}").status_code == 404
        assert member.request("POST", f"{path}/{theirs.id}").status_code == 404

        response = member.request("POST", f"{path}/{group.id}")
        assert response.status_code == 200, response.text
        assert check("bcs", "AttachSecurityGroup", response.json()) == []
        assert set(response.json()["security_group"]["ids"]) == {default["id"], group.id}
        names = {item["name"] for item in member.get_instance(instance_id)["security_groups"]}
        assert names == {"default", "functional-attach"}
        assert member.request("POST", f"{path}/{group.id}").status_code == 409

        response = member.request("DELETE", f"{path}/{group.id}")
        assert response.status_code == 200, response.text
        assert check("bcs", "DetachSecurityGroup", response.json()) == []
        assert response.json()["security_group"]["ids"] == [default["id"]]
        last = member.request("DELETE", f"{path}/{default['id']}")
        assert last.status_code == 409, last.text
        instances.remove(instance_id)
    finally:
        network.delete_security_group(group)
