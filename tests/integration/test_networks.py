# SPDX-License-Identifier: Apache-2.0
"""Security groups and public IPs."""

import uuid
from collections.abc import Callable, Iterator

import pytest

from tests.functional.client import JSON
from tests.functional.instances import Instances
from tests.integration.surroundings import Tenant

GROUPS = "/api/v1/security-groups"
PUBLIC_IPS = "/api/v1/public-ips"
SSH = {
    "direction": "ingress",
    "protocol": "TCP",
    "port_range_min": 22,
    "port_range_max": 22,
    "remote_ip_prefix": "10.0.0.0/8",
}


@pytest.fixture
def group(member: Tenant) -> Iterator[JSON]:
    """A security group of the test's own; a test names this fixture before the instances."""
    wanted = {"security_group": {"name": f"integration-{uuid.uuid4().hex[:8]}"}}
    response = member.request("POST", GROUPS, json=wanted)
    assert response.status_code == 201, response.text
    made: JSON = response.json()["security_group"]
    yield made
    assert member.delete(f"{GROUPS}/{made['id']}") == 204


@pytest.fixture
def public_ip(persona: Callable[[str], Tenant]) -> Iterator[JSON]:
    """A public IP of the project; a test names this fixture before the instances."""
    admin = persona("admin")
    response = admin.request("POST", PUBLIC_IPS, json={"public_ip": {"description": "test"}})
    assert response.status_code == 201, response.text
    made: JSON = response.json()["public_ip"]
    yield made
    assert admin.delete(f"{PUBLIC_IPS}/{made['id']}") == 204


def test_security_group(member: Tenant, group: JSON, instances: Instances) -> None:
    """It begins empty, takes a rule, and guards a machine."""
    path = f"{GROUPS}/{group['id']}"
    assert member.get(path)["security_group"]["rules"] == []
    response = member.request("POST", f"{path}/rules", json={"security_group_rule": SSH})
    assert response.status_code == 201, response.text
    (rule,) = member.get(path)["security_group"]["rules"]
    assert (rule["direction"], rule["protocol"]) == ("ingress", "TCP")
    assert (rule["port_range_min"], rule["remote_ip_prefix"]) == ("22", SSH["remote_ip_prefix"])
    instance_id, _seen = instances.make_active(security_groups=[{"name": group["name"]}])
    guarding = member.get_instance(instance_id)["security_groups"]
    assert [one["name"] for one in guarding] == [group["name"]]
    assert member.delete(path) == 409


def test_public_ip(
    persona: Callable[[str], Tenant], member: Tenant, public_ip: JSON, instances: Instances
) -> None:
    """The project's admin has it lead to a machine and takes it off; a member may not."""
    admin = persona("admin")
    instance_id, _seen = instances.make_active()
    (address,) = member.get_instance(instance_id)["addresses"]
    interface = address["network_interface_id"]
    path = f"{PUBLIC_IPS}/{public_ip['id']}/network-interfaces/{interface}"
    assert member.request("PUT", path).status_code == 403
    response = admin.request("PUT", path)
    assert response.status_code == 200, response.text
    (address,) = member.get_instance(instance_id)["addresses"]
    assert address["public_ip"] == public_ip["public_ip"]
    response = admin.request("DELETE", path)
    assert response.status_code == 200, response.text
    (address,) = member.get_instance(instance_id)["addresses"]
    assert address["public_ip"] is None
