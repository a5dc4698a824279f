# SPDX-License-Identifier: Apache-2.0
"""Network interfaces of an instance: list, attach, detach, allowed addresses."""

from typing import Any

import pytest
import requests

from kic_vm.adapters.network import PORT_MARK
from tests.contract import check
from tests.unit.bodies import (
    FREE_PORT,
    GROUP,
    INSTANCE,
    PORT,
    SECOND_PORT,
    SERVER,
    body,
)
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.operations.test_instance_actions import in_states
from tests.unit.personas import OTHER_PROJECT
from tests.unit.populated import show_server

JSON = dict[str, Any]
NOVA = f"/servers/{SERVER['id']}/os-interface"
ALL = f"{INSTANCE}/network-interfaces"
FIRST = f"{ALL}/{PORT['id']}"
FREE = f"{ALL}/{FREE_PORT['id']}"
OLD = "2020-01-01T00:00:00Z"


@pytest.fixture
def application(shared_application: Any) -> Any:
    """Nothing here depends on what the gateway remembers."""
    return shared_application


def with_ports(cloud: Cloud, *ports: JSON) -> None:
    """Neutron shows these as the server's ports."""
    path = f"/ports?project_id={PORT['project_id']}&device_id={SERVER['id']}"
    cloud.answer("GET", "neutron", path, {"ports": list(ports)})


def with_addresses(cloud: Cloud, *ports: JSON) -> None:
    """Nova shows the server with the addresses of these ports, in its order."""
    shown = [
        {
            "version": 4,
            "addr": port["fixed_ips"][0]["ip_address"],
            "OS-EXT-IPS:type": "fixed",
            "OS-EXT-IPS-MAC:mac_addr": port["mac_address"],
        }
        for port in ports
    ]
    cloud.answer(
        "GET",
        "nova",
        f"/servers/{SERVER['id']}",
        lambda request, context: show_server(request, context, addresses={"private": shown}),
    )


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


def test_detach(member: Caller, populated: Cloud) -> None:
    """A second interface is taken off in 3 calls."""
    with_ports(populated, SECOND_PORT, PORT)
    response = member.delete(FREE)
    assert (response.status_code, response.data) == (202, b"")
    assert populated.writes() == [f"DELETE nova {NOVA}/{FREE_PORT['id']}"]
    assert len(populated.calls()) == 3


MADE = SECOND_PORT | {"description": PORT_MARK, "revision_number": 5}
RELEASED = MADE | {"description": "", "revision_number": 6}
AT_NEUTRON = f"/ports/{FREE_PORT['id']}"


def sent_to(cloud: Cloud) -> list[str]:
    """The writes in the order in which they were sent."""
    return [
        f"{sent.method} {service}"
        for sent in cloud.requests()
        for service in ("neutron", "nova")
        if service in sent.url and sent.method in {"PUT", "DELETE", "POST"}
    ]


def test_detach_made(member: Caller, populated: Cloud) -> None:
    """One that the gateway made is the user's before Nova takes it off."""
    with_ports(populated, MADE, PORT)
    populated.answer("PUT", "neutron", AT_NEUTRON, {"port": RELEASED})
    assert member.delete(FREE).status_code == 202
    assert sent_to(populated) == ["PUT neutron", "DELETE nova"]
    (sent,) = populated.sent("neutron", "PUT")
    assert sent.json() == {"port": {"description": ""}}
    assert sent.headers["If-Match"] == "revision_number=5"


def test_detach_made_in_a_race(member: Caller, populated: Cloud) -> None:
    """One that has changed meanwhile is not detached: 409."""
    with_ports(populated, MADE, PORT)
    populated.refuse("PUT", "neutron", AT_NEUTRON, "neutron_412")
    refusal(member.delete(FREE), 409, "conflict")
    assert populated.sent("nova", "DELETE") == []


@pytest.mark.parametrize(
    ("answer", "is_marked_again"),
    [
        ({"status": 409}, True),
        ({"exc": requests.exceptions.ConnectTimeout}, True),
        ({"status": 500}, False),
        ({"exc": requests.exceptions.ReadTimeout}, False),
    ],
)
def test_detach_made_failing(
    member: Caller, populated: Cloud, answer: JSON, is_marked_again: bool
) -> None:
    """The mark comes back only where the interface certainly stays with the instance."""
    with_ports(populated, MADE, PORT)
    populated.answer("PUT", "neutron", AT_NEUTRON, {"port": RELEASED})
    populated.answer("DELETE", "nova", f"{NOVA}/{FREE_PORT['id']}", **answer)
    assert member.delete(FREE).status_code >= 400
    _released, *again = populated.sent("neutron", "PUT")
    assert [sent.json() for sent in again] == (
        [{"port": {"description": PORT_MARK}}] if is_marked_again else []
    )
    assert [sent.headers["If-Match"] for sent in again] == (
        ["revision_number=6"] if is_marked_again else []
    )


def test_mark_that_does_not_come_back(member: Caller, populated: Cloud, lines: list[str]) -> None:
    """It is logged: the port stays when the instance goes."""
    with_ports(populated, MADE, PORT)
    populated.answer("DELETE", "nova", f"{NOVA}/{FREE_PORT['id']}", status=409)
    answers: list[JSON] = [{"json": {"port": RELEASED}}, {"status_code": 500}]
    populated.answer_in_turn("PUT", "neutron", AT_NEUTRON, answers)
    refusal(member.delete(FREE), 409, "conflict")
    assert any("will outlive its instance" in line for line in lines)


def test_attach_made(member: Caller, populated: Cloud) -> None:
    """One that the gateway made for another instance is the user's, too."""
    port = FREE_PORT | {"description": PORT_MARK}
    populated.answer("GET", "neutron", AT_NEUTRON, {"port": port})
    populated.answer("PUT", "neutron", AT_NEUTRON, {"port": RELEASED | {"device_id": ""}})
    assert member.post(FREE).status_code == 200
    assert sent_to(populated) == ["PUT neutron", "POST nova"]


def test_detach_the_primary(member: Caller, populated: Cloud) -> None:
    """Nova would do it; it is 409, whichever port is older."""
    old = SECOND_PORT | {"created_at": OLD}
    with_ports(populated, old, PORT)
    with_addresses(populated, PORT, old)
    assert "primary" in refusal(member.delete(FIRST), 409, "conflict")["message"]
    assert populated.writes() == []
    assert member.delete(FREE).status_code == 202


def test_detach_what_is_not_attached(member: Caller, populated: Cloud) -> None:
    """Nova would answer 202; it is 404."""
    refusal(member.delete(FREE), 404, "not_found")
    assert populated.writes() == []


@pytest.mark.parametrize(
    ("wanted", "sent"),
    [
        (None, []),
        ([], []),
        ([{"ip_address": None}], []),
        ([{"ip_address": "10.0.0.9"}], ["10.0.0.9"]),
        ([{"ip_address": "10.9.0.0/24"}, {"ip_address": "fd00::1"}], ["10.9.0.0/24", "fd00::1"]),
        ([{"ip_address": "10.0.0.9"}, {"ip_address": "10.0.0.9"}], ["10.0.0.9"]),
    ],
)
def test_allowed_addresses(
    member: Caller, populated: Cloud, wanted: list[JSON] | None, sent: list[str]
) -> None:
    """All of them are replaced; null and nothing clear them; in 3 calls."""
    path = f"{FIRST}/allowed-address-pairs"
    response = member.put(path, json={"allowed_address_pairs": wanted})
    assert response.status_code == 200, response.text
    assert check("bcs", "UpdateNetworkInterfaceAllowedAddresses", response.json) == []
    interface = response.json["network_interface"]
    assert (interface["status"], interface["security_groups"]) == ("in_use", [GROUP])
    (put,) = populated.sent("neutron", "PUT")
    assert put.json() == {
        "port": {"allowed_address_pairs": [{"ip_address": address} for address in sent]}
    }
    assert put.headers["If-Match"] == f"revision_number={PORT['revision_number']}"
    assert len(populated.calls()) == 3


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"allowed_address_pairs": "10.0.0.1"},
        {"allowed_address_pairs": [{"ip_address": "nowhere"}]},
        {"allowed_address_pairs": [{"ip_address": "10.0.0.0/33"}]},
        {"allowed_address_pairs": [{}]},
        {"allowed_address_pairs": [{"ip_address": "10.0.0.1", "mac_address": "x"}]},
    ],
)
def test_addresses_that_are_none(member: Caller, populated: Cloud, body: JSON) -> None:
    """What is no address or range is 400 and named."""
    path = f"{FIRST}/allowed-address-pairs"
    error = refusal(member.put(path, json=body), 400, "invalid_request")
    assert error["message"].startswith("allowed_address_pairs")
    assert populated.calls() == []


@pytest.mark.parametrize(
    ("name", "status", "code", "words"),
    [
        ("neutron_400_pairs", 400, "invalid_request", "at most 10"),
        ("neutron_412", 409, "conflict", "at the same time"),
    ],
)
def test_refused_by_neutron(
    member: Caller, populated: Cloud, name: str, status: int, code: str, words: str
) -> None:
    """Neutron's own limits are told in our words."""
    populated.refuse("PUT", "neutron", f"/ports/{PORT['id']}", name)
    response = member.put(f"{FIRST}/allowed-address-pairs", json={"allowed_address_pairs": []})
    assert words in refusal(response, status, code)["message"]


def test_addresses_of_what_is_not_attached(member: Caller, populated: Cloud) -> None:
    """An interface that is free, or at another instance, is 404 below this instance."""
    path = f"{FREE}/allowed-address-pairs"
    refusal(member.put(path, json={"allowed_address_pairs": []}), 404, "not_found")
    populated.answer("GET", "neutron", f"/ports/{PORT['id']}", body("port"))
    assert populated.writes() == []
