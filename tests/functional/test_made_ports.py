# SPDX-License-Identifier: Apache-2.0
"""The ports that the gateway makes for instances, on the real services: when they stay and go."""

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openstack
import pytest
from openstack.network.v2.port import Port

from kic_vm.adapters.network import PORT_MARK
from tests.functional.client import Client, Gateway
from tests.functional.instances import CINDER_RACE, Instances, fault
from tests.functional.other_novas import nova_api, nova_that_loses
from tests.functional.test_worker import once

Cloud = Callable[[str], openstack.connection.Connection]
Eventually = Callable[[Callable[[], bool], float], None]


def ports_in(cloud: Cloud, subnet_id: str) -> list[Port]:
    """The ports in a subnet but Neutron's own, as they are now."""
    network = cloud("kic-member").network
    return [
        port
        for port in network.ports(fixed_ips=f"subnet_id={subnet_id}")
        if not port.device_owner.startswith("network:")
    ]


def test_port_of_a_deleted_instance(
    member: Client, two_subnets: tuple[str, str], instances: Instances, cloud: Cloud
) -> None:
    """It has a tag of its instance, and is gone when a client is told that the instance is."""
    first, _second = two_subnets
    instance_id, _seen = instances.make_active(subnets=[{"id": first}])
    (port,) = ports_in(cloud, first)
    assert (port.description, port.tags) == (PORT_MARK, [f"kic-vm-instance-{instance_id}"])
    assert port.device_id == instance_id
    instances.remove(instance_id)
    assert ports_in(cloud, first) == []


def test_detached_interface(
    member: Client,
    two_subnets: tuple[str, str],
    instances: Instances,
    cloud: Cloud,
    eventually: Eventually,
) -> None:
    """An interface that the gateway made and the user detached stays when the instance goes."""
    first, second = two_subnets
    instance_id, _seen = instances.make_active(subnets=[{"id": first}, {"id": second}])
    (port,) = ports_in(cloud, second)
    path = f"/api/v1/instances/{instance_id}/network-interfaces/{port.id}"
    try:
        assert member.request("DELETE", path).status_code == 202
        network = cloud("kic-member").network
        eventually(lambda: not network.get_port(port.id).device_id, 60)
        assert network.get_port(port.id).description == ""
        instances.remove(instance_id)
        assert [left.id for left in ports_in(cloud, second)] == [port.id]
    finally:
        if instance_id in instances.made:
            instances.remove(instance_id)
        assert member.delete(f"/api/v1/network-interfaces/{port.id}") == 204


def test_detach_that_nova_refuses(
    member: Client, two_subnets: tuple[str, str], instances: Instances, cloud: Cloud
) -> None:
    """The interface stays the instance's, with its mark."""
    first, second = two_subnets
    instance_id, _seen = instances.make_active(subnets=[{"id": first}, {"id": second}])
    (port,) = ports_in(cloud, second)
    operator = cloud("kic-operator").compute
    operator.lock_server(instance_id)
    try:
        path = f"/api/v1/instances/{instance_id}/network-interfaces/{port.id}"
        assert member.request("DELETE", path).status_code == 409
    finally:
        operator.unlock_server(instance_id)
    (kept,) = ports_in(cloud, second)
    assert (kept.description, kept.device_id) == (PORT_MARK, instance_id)


def test_soft_delete(
    two_subnets: tuple[str, str],
    member: Client,
    subnet_id: str,
    start_gateway: Callable[..., Gateway],
    cloud: Cloud,
    eventually: Eventually,
    tmp_path: Path,
) -> None:
    """A soft-deleted instance keeps its port, and has its network again when it is restored."""
    first, _second = two_subnets
    with nova_api(tmp_path, "reclaim_instance_interval = 3600") as url:
        gateway = start_gateway(nova={"endpoint_override": url})
        client = Client(gateway.url, member.token)
        instances = Instances(client, subnet_id, cloud("kic-operator"))
        try:
            instance_id, _seen = instances.make_active(subnets=[{"id": first}])
            (before,) = ports_in(cloud, first)
            assert client.delete(f"/api/v1/instances/{instance_id}") == 204
            nova = cloud("kic-member").compute
            state = "OS-EXT-STS:vm_state"

            def is_in(vm_state: str) -> bool:
                shown = nova.get(f"/servers/{instance_id}").json()["server"]
                return bool(shown[state] == vm_state and not shown["OS-EXT-STS:task_state"])

            eventually(lambda: is_in("soft-delete"), 60)
            client.request("GET", f"/api/v1/instances/{instance_id}")
            (kept,) = ports_in(cloud, first)
            assert (kept.id, kept.device_id) == (before.id, instance_id)
            restored = nova.post(f"/servers/{instance_id}/action", json={"restore": None})
            assert restored.status_code == 202, restored.text
            eventually(lambda: is_in("active"), 60)
            (address,) = client.get_instance(instance_id)["addresses"]
            assert address["network_interface_id"] == before.id
            assert address["private_ip"] == before.fixed_ips[0]["ip_address"]
        finally:
            for left in list(instances.made):
                cloud("kic-member").compute.delete_server(left, force=True, ignore_missing=True)
                client.wait_until_gone(f"/api/v1/instances/{left}", within=90)


@pytest.mark.parametrize("how", ["cut", "truncated", "failed"])
def test_lost_answer(
    member: Client,
    two_subnets: tuple[str, str],
    standalone: Path,
    start_gateway: Callable[..., Gateway],
    instances: Instances,
    cloud: Cloud,
    eventually: Eventually,
    how: str,
) -> None:
    """An instance whose creation got no answer has its port, and becomes active."""
    first, _second = two_subnets
    name = f"functional-{uuid.uuid4()}"
    operator = cloud("kic-operator")
    url = str(operator.compute.get_endpoint())
    with nova_that_loses(url, how) as losing:
        gateway = start_gateway(nova={"endpoint_override": losing})
        client = Client(gateway.url, member.token)
        body = client.instance_body(first) | {"name": name}
        response = client.request("POST", "/api/v1/instances", json={"instance": body})
    assert response.status_code in {502, 503, 504}, response.text

    def listed() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = member.get("/api/v1/instances", name=name)["instances"]
        return found

    eventually(lambda: bool(listed()), 30)
    (instance,) = listed()
    instances.adopt(instance["id"])
    eventually(lambda: listed()[0]["status"] in {"active", "error"}, 120)
    is_active = listed()[0]["status"] == "active"
    assert is_active or CINDER_RACE in fault(operator, instance["id"])
    (port,) = ports_in(cloud, first)
    assert (port.device_id == instance["id"]) or not is_active
    # Nobody knew the instance's id, so the port has no tag: the worker gives it one.
    once(["--config-file", standalone / "kic-vm.conf"])
    (port,) = ports_in(cloud, first)
    assert (port.tags == [f"kic-vm-instance-{instance['id']}"]) or not is_active
