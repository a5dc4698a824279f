# SPDX-License-Identifier: Apache-2.0
"""Quotas on the real services: what is shown, and what a refusal says."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import openstack
import pytest

from tests.functional.client import Client
from tests.functional.instances import Instances
from tests.functional.volumes import ZONE, Volumes

JSON = dict[str, Any]
Cloud = Callable[[str], openstack.connection.Connection]
Allow = Callable[[str, str, int], None]

# Where each service keeps the quotas of a project.
PATHS = {
    "compute": ("/os-quota-sets/{}", "quota_set"),
    "block_storage": ("/os-quota-sets/{}", "quota_set"),
    "network": ("/quotas/{}", "quota"),
}


@pytest.fixture
def allow(cloud: Cloud) -> Iterator[Allow]:
    """Set one of the services' quotas of the demo project; it is put back afterwards."""
    operator, project = cloud("kic-operator"), cloud("kic-member").current_project_id
    before: dict[tuple[str, str], int] = {}

    def put(service: str, quota: str, limit: int) -> None:
        path, key = PATHS[service]
        body = {key: {quota: limit}}
        if service == "compute":  # Nova refuses a limit below the use unless it is forced
            body[key]["force"] = True
        response = getattr(operator, service).put(path.format(project), json=body)
        assert response.status_code == 200, response.text

    def set_limit(service: str, quota: str, limit: int) -> None:
        path, key = PATHS[service]
        shown = getattr(operator, service).get(path.format(project)).json()[key]
        before.setdefault((service, quota), shown[quota])
        put(service, quota, limit)

    yield set_limit
    for (service, quota), limit in before.items():
        put(service, quota, limit)


def used(client: Client, quota: str) -> int:
    """How much of a quota is in use."""
    return int(client.get("/api/v1/quotas")["quotas"][quota]["used"])


def refused(client: Client, path: str, body: JSON | None) -> JSON:
    """The error of a request that exceeds a quota."""
    response = client.request("POST", path, json=body)
    assert response.status_code == 403, response.text
    error: JSON = response.json()["error"]
    assert error["code"] == "quota_exceeded"
    return error


def test_shown(
    member: Client, persona: Callable[[str], Client], volumes: Volumes, allow: Allow
) -> None:
    """The use grows with what is made; a reader sees the same; a quota without a limit has none."""
    before = member.get("/api/v1/quotas")["quotas"]
    volumes.make_available(size=3)
    allow("block_storage", "snapshots", -1)
    after = persona("kic-reader").get("/api/v1/quotas")["quotas"]
    assert after["volumes"]["used"] == before["volumes"]["used"] + 1
    assert after["gigabytes"]["used"] == before["gigabytes"]["used"] + 3
    assert after["gigabytes"]["limit"] == before["gigabytes"]["limit"]
    assert after["snapshots"]["limit"] is None
    assert {"instances", "cores", "memory_mb", "keypairs", "ports", "public_ips"} <= after.keys()


@pytest.mark.parametrize(
    ("service", "theirs", "quota"),
    [
        ("compute", "instances", "instances"),
        ("compute", "cores", "cores"),
        ("compute", "ram", "memory_mb"),
        ("block_storage", "volumes", "volumes"),
        ("block_storage", "gigabytes", "gigabytes"),
        ("network", "port", "ports"),
    ],
)
def test_instances(
    member: Client, subnet_id: str, allow: Allow, service: str, theirs: str, quota: str
) -> None:
    """A machine that a quota does not allow is not begun; the quota is told with its figures."""
    body = {"instance": member.instance_body(subnet_id) | {"name": "too-much"}}
    limit = used(member, quota)
    allow(service, theirs, limit)
    error = refused(member, "/api/v1/instances", body)
    assert error["quota"] == quota
    assert error["limit"] == limit
    assert error["used"] >= 0
    assert f"quota of {quota}" in error["message"]
    assert member.get("/api/v1/instances", name="too-much")["instances"] == []


def test_ports_of_several_subnets(
    member: Client, two_subnets: tuple[str, str], allow: Allow
) -> None:
    """Where the gateway makes the ports itself, none stays behind."""
    body = member.instance_body(two_subnets[0])
    body["subnets"] = [{"id": subnet} for subnet in two_subnets]
    before = used(member, "ports")
    allow("network", "port", before + 1)
    error = refused(member, "/api/v1/instances", {"instance": body})
    assert (error["quota"], error["limit"]) == ("ports", before + 1)
    assert used(member, "ports") == before


@pytest.mark.parametrize("theirs", ["volumes", "gigabytes", "snapshots"])
def test_volumes(member: Client, volumes: Volumes, allow: Allow, theirs: str) -> None:
    """Volumes, their size and snapshots."""
    volume_id = volumes.make_available()
    path, body = "/api/v1/volumes", {"volume": {"name": "much", "size": 1}}
    body["volume"]["availability_zone"] = ZONE
    if theirs == "snapshots":
        path = f"/api/v1/volumes/{volume_id}/snapshots"
        body = {"snapshot": {"name": "much", "is_incremental": False}}
    limit = used(member, theirs)
    allow("block_storage", theirs, limit)
    error = refused(member, path, body)
    assert (error["quota"], error["limit"], error["used"]) == (theirs, limit, limit)


def test_keypairs(member: Client, allow: Allow) -> None:
    """Nova's answer has no figure at all."""
    before = used(member, "keypairs")
    allow("compute", "key_pairs", before)
    error = refused(member, "/api/v1/keypairs", {"keypair": {"name": "one-too-many"}})
    assert (error["quota"], error["limit"], error["used"]) == ("keypairs", before, before)
    assert "one-too-many" not in json.dumps(member.get("/api/v1/keypairs", limit=1000))


def test_public_ips(
    persona: Callable[[str], Client], member: Client, instances: Instances, allow: Allow
) -> None:
    """Neutron's answer names the quota alone."""
    instance_id, _seen = instances.make_active()
    (address,) = member.get_instance(instance_id)["addresses"]
    before = used(member, "public_ips")
    allow("network", "floatingip", before)
    path = f"/api/v1/instances/{instance_id}/network-interfaces"
    interface = f"{path}/{address['network_interface_id']}/public-ips"
    error = refused(persona("kic-admin"), interface, None)
    assert (error["quota"], error["limit"], error["used"]) == ("public_ips", before, before)
