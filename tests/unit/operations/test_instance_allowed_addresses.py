# SPDX-License-Identifier: Apache-2.0
"""Allowed addresses of the network interfaces of an instance."""

from typing import Any

import pytest

from tests.contract import check
from tests.unit.bodies import (
    GROUP,
    PORT,
    body,
)
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.operations.attached_interfaces import FIRST, FREE

JSON = dict[str, Any]


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
