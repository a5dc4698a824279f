# SPDX-License-Identifier: Apache-2.0
"""VPCs that an earlier attempt has deleted without their route tables."""

from typing import Any

import pytest

from kic_vm.mappings.networks import router_mark
from tests.unit.bodies import NETWORK, ROUTER
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal

VPC = f"/api/v1/vpcs/{NETWORK['id']}"
LEFT = ROUTER | {"description": router_mark(NETWORK["id"])}

# Neutron's own answer that the network does not exist.
GONE = {
    "NeutronError": {
        "type": "NetworkNotFound",
        "message": f"Network {NETWORK['id']} could not be found.",
        "detail": "",
    }
}


@pytest.fixture
def unlisted(populated: Cloud) -> Cloud:
    """Neutron lists the VPC's router, but not its network."""
    populated.answer("GET", "neutron", "/networks", {"networks": []})
    populated.answer("GET", "neutron", "/routers", {"routers": [LEFT]})
    populated.answer("DELETE", "neutron", f"/routers/{ROUTER['id']}", status=204)
    return populated


def test_rest(member: Caller, unlisted: Cloud) -> None:
    """A network that Neutron does not find is deleted: its router goes, too."""
    unlisted.answer("GET", "neutron", f"/networks/{NETWORK['id']}", GONE, 404)
    assert member.delete(VPC).status_code == 204
    assert unlisted.writes() == [f"DELETE neutron /routers/{ROUTER['id']}"]


def test_list_that_is_too_short(member: Caller, unlisted: Cloud) -> None:
    """That a list lacks the network does not prove that it is deleted: its router stays."""
    unlisted.answer("GET", "neutron", f"/networks/{NETWORK['id']}", {"network": NETWORK})
    refusal(member.delete(VPC), 404, "not_found")
    assert unlisted.writes() == []


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 404},
        {"status": 404, "text": f"<html>/networks/{NETWORK['id']}</html>"},
        {"status": 404, "json": {"NeutronError": {"type": "HTTPNotFound", "message": "No."}}},
    ],
)
def test_404_that_is_not_neutrons(member: Caller, unlisted: Cloud, answer: dict[str, Any]) -> None:
    """A 404 of a proxy does not prove that the network is deleted: its router stays."""
    unlisted.answer("GET", "neutron", f"/networks/{NETWORK['id']}", **answer)
    assert refusal(member.delete(VPC), 502, "upstream_error")["service"] == "network"
    assert unlisted.writes() == []


@pytest.mark.parametrize("status", [404, 200])
def test_unknown(member: Caller, populated: Cloud, status: int) -> None:
    """A VPC that was never there is 404, as one of another project is."""
    populated.answer("GET", "neutron", "/networks", {"networks": []})
    found = {"network": NETWORK} if status == 200 else GONE
    populated.answer("GET", "neutron", f"/networks/{NETWORK['id']}", found, status)
    populated.answer("GET", "neutron", "/routers", {"routers": []})
    refusal(member.delete(VPC), 404, "not_found")
