# SPDX-License-Identifier: Apache-2.0
"""Network interfaces of an instance: list, attach."""

from typing import Any

import pytest

from tests.contract import check
from tests.unit.bodies import (
    FREE_PORT,
    GROUP,
    INSTANCE,
    PORT,
    SECOND_PORT,
    SERVER,
)
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.operations.attached_interfaces import ALL, FREE, OLD, with_addresses, with_ports
from tests.unit.operations.test_instance_actions import in_states
from tests.unit.personas import OTHER_PROJECT

JSON = dict[str, Any]


def test_list(member: Caller, populated: Cloud) -> None:
    """One interface with all that is known of it, in 4 calls."""
    response = member.get(ALL)
    assert response.status_code == 200, response.text
    assert check("bcs", "ListInstanceNetworkInterfaces", response.json) == []
    assert response.json["pagination"] == {"total": 1, "offset": 0, "limit": 1}
    (interface,) = response.json["network_interfaces"]
    assert interface == {
        "id": PORT["id"],
        "name": "",
        "status": "in_use",
        "description": None,
        "project_id": PORT["project_id"],
        "project_name": "demo",
        "vpc_id": PORT["network_id"],
        "subnet_id": PORT["fixed_ips"][0]["subnet_id"],
        "mac_address": PORT["mac_address"],
        "device_id": SERVER["id"],
        "device_owner": "compute:nova",
        "secondary_ips": [],
        "public_ip": "203.0.113.99",
        "private_ip": "10.20.3.103",
        "is_network_interface_security_enabled": True,
        "allowed_address_pairs": [],
        "security_groups": [{"id": GROUP, "name": "default"}],
        "created_at": PORT["created_at"],
        "updated_at": PORT["updated_at"],
    }
    assert len(populated.calls()) == 4


def test_primary_first(member: Caller, populated: Cloud) -> None:
    """The order is Nova's, in the list and in the instance: not that of the ports' ages."""
    old = SECOND_PORT | {"created_at": OLD}
    with_ports(populated, old, PORT)
    with_addresses(populated, PORT, old)
    listed = member.get(ALL).json["network_interfaces"]
    assert [item["id"] for item in listed] == [PORT["id"], old["id"]]
    shown = member.get(INSTANCE).json["instance"]["addresses"]
    assert [item["network_interface_id"] for item in shown] == [PORT["id"], old["id"]]


def test_interface_without_an_address(member: Caller, populated: Cloud) -> None:
    """It has null in the place of addresses and subnet."""
    with_ports(populated, PORT | {"fixed_ips": []})
    response = member.get(ALL)
    assert check("bcs", "ListInstanceNetworkInterfaces", response.json) == []
    (interface,) = response.json["network_interfaces"]
    assert (interface["private_ip"], interface["subnet_id"]) == (None, None)


def test_attach(member: Caller, populated: Cloud) -> None:
    """It is attached when Nova has answered, in 4 calls."""
    response = member.post(FREE)
    assert response.status_code == 200, response.text
    assert check("bcs", "AttachNetworkInterface", response.json) == []
    assert response.json["network_interface"] == {
        "id": FREE_PORT["id"],
        "status": "in_use",
        "mac_address": FREE_PORT["mac_address"],
        "private_ips": FREE_PORT["fixed_ips"],
    }
    (sent,) = populated.sent("nova", "POST")
    assert sent.json() == {"interfaceAttachment": {"port_id": FREE_PORT["id"]}}
    assert len(populated.calls()) == 4


@pytest.mark.parametrize("where", [INSTANCE, "another"])
def test_attach_what_is_in_use(member: Caller, populated: Cloud, where: str) -> None:
    """An interface that is at a machine, this one or another, is 409."""
    device = SERVER["id"] if where == INSTANCE else "11111111-79d8-4fac-972d-2c98044d8678"
    port = {"port": FREE_PORT | {"device_id": device}}
    populated.answer("GET", "neutron", f"/ports/{FREE_PORT['id']}", port)
    assert "in use" in refusal(member.post(FREE), 409, "conflict")["message"]
    assert populated.writes() == []


def test_attach_too_many(member: Caller, populated: Cloud) -> None:
    """The instance type says how many there can be."""
    with_ports(populated, PORT, SECOND_PORT)
    error = refusal(member.post(FREE), 409, "conflict")
    assert "at most 2 network interfaces" in error["message"]
    assert populated.writes() == []


@pytest.mark.parametrize(("ports", "is_offered"), [((PORT,), True), ((PORT, SECOND_PORT), False)])
def test_attach_is_offered(
    member: Caller, populated: Cloud, ports: tuple[JSON, ...], is_offered: bool
) -> None:
    """An instance with the maximum number of interfaces does not offer another one."""
    with_ports(populated, *ports)
    lifecycle = member.get(INSTANCE).json["instance"]["lifecycle"]
    assert ("attach-network-interface" in lifecycle["allowed_actions"]) is is_offered
    assert ("maximum number" in lifecycle.get("reason", "")) is not is_offered


def test_attach_another_projects(member: Caller, populated: Cloud) -> None:
    """A port that Neutron shows to a cloud admin only is not there."""
    port = {"port": FREE_PORT | {"project_id": OTHER_PROJECT}}
    populated.answer("GET", "neutron", f"/ports/{FREE_PORT['id']}", port)
    refusal(member.post(FREE), 404, "not_found")
    assert populated.writes() == []


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_states(member: Caller, populated: Cloud, method: str) -> None:
    """They are for active and stopped instances; else the state is named."""
    in_states(populated, ("shelved_offloaded", None))
    error = refusal(member.request(method, FREE), 409, "invalid_state")
    assert error["state"] == "Shelved_offloaded"
    assert populated.writes() == []
