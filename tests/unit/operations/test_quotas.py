# SPDX-License-Identifier: Apache-2.0
"""GET /api/v1/quotas, and refusals that name a quota with its limit and use."""

from collections.abc import Callable

import pytest
import requests

from tests.unit.bodies import SERVER, body
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.nova_keypairs import NovaKeypairs
from tests.unit.nova_servers import fragment
from tests.unit.operations.instance_create_requests import create
from tests.unit.operations.test_instance_public_ips import ALL as PUBLIC_IPS
from tests.unit.personas import PROJECT, USER
from tests.unit.requests_of import CREATE_SNAPSHOT, CREATE_VOLUME

QUOTAS = "/api/v1/quotas"
OF_NOVA = f"/os-quota-sets/{PROJECT}/detail"
OF_CINDER = f"/os-quota-sets/{PROJECT}?usage=True"
OF_NEUTRON = f"/quotas/{PROJECT}/details.json"


def test_all(reader: Caller, populated: Cloud) -> None:
    """Limits and use of all services, reserved amounts included, under the names of this API."""
    shown = body("quotas_block_storage")
    shown["quota_set"]["gigabytes"] = {"limit": 100, "in_use": 7, "reserved": 2}
    shown["quota_set"]["snapshots"] = {"limit": -1, "in_use": 3, "reserved": 0}
    populated.answer("GET", "cinder", OF_CINDER, shown)
    populated.forget()
    quotas = reader.get(QUOTAS).json["quotas"]
    assert quotas["gigabytes"] == {"limit": 100, "used": 9, "unit": "GiB"}
    assert quotas["snapshots"] == {"limit": None, "used": 3, "unit": "count"}
    assert quotas["memory_mb"] == {"limit": 4096000, "used": 1024, "unit": "MiB"}
    assert quotas["ports"] == {"limit": 1000, "used": 4, "unit": "count"}
    assert set(quotas) == {
        *("instances", "cores", "memory_mb", "keypairs", "volumes", "gigabytes", "snapshots"),
        *("ports", "public_ips", "security_groups", "security_group_rules"),
        *("vpcs", "subnets", "routers", "routes"),
    }
    assert populated.calls() == [
        f"GET cinder {OF_CINDER}",
        f"GET neutron {OF_NEUTRON}",
        "GET nova /os-keypairs?limit=1000",
        f"GET nova {OF_NOVA}",
        "GET nova /servers",
    ]


def test_cell_down(reader: Caller, populated: Cloud) -> None:
    """Nova's use lacks the instances of a cell that does not answer: no figure is better."""
    populated.answer("GET", "nova", "/servers", {"servers": [fragment(SERVER)]})
    assert refusal(reader.get(QUOTAS), 503, "upstream_unavailable")["service"] == "compute"


def test_keypairs_are_counted(member: Caller, populated: Cloud) -> None:
    """Nova does not count them in its quotas, so they are counted."""
    own = len(NovaKeypairs(populated).names(USER))
    assert own > 0
    assert member.get(QUOTAS).json["quotas"]["keypairs"]["used"] == own


def test_a_service_that_has_less(reader: Caller, populated: Cloud) -> None:
    """A quota that the cloud does not have is left out."""
    shown = body("quotas_network")
    del shown["quota"]["router_route"]
    populated.answer("GET", "neutron", OF_NEUTRON, shown)
    assert "routes" not in reader.get(QUOTAS).json["quotas"]


@pytest.mark.parametrize(
    ("service", "path"), [("nova", OF_NOVA), ("cinder", OF_CINDER), ("neutron", OF_NEUTRON)]
)
def test_a_service_that_fails(reader: Caller, populated: Cloud, service: str, path: str) -> None:
    """No half of the quotas is shown as all of them."""
    populated.answer("GET", service, path, status=500)
    refusal(reader.get(QUOTAS), 502, "upstream_error")


def test_figures_that_a_refusal_lacks(caller: Callable[[str], Caller], populated: Cloud) -> None:
    """Where a service tells only which quota it is, the figures are looked up."""
    populated.refuse("POST", "neutron", "/floatingips", "neutron_409_quota_floating_ip")
    shown = body("quotas_network")
    shown["quota"]["floatingip"] = {"limit": 2, "used": 2, "reserved": 0}
    populated.answer("GET", "neutron", OF_NEUTRON, shown)
    error = refusal(caller("admin").post(PUBLIC_IPS), 403, "quota_exceeded")
    assert (error["quota"], error["limit"], error["used"]) == ("public_ips", 2, 2)
    assert "requested" not in error
    assert "quota of public_ips does not allow this: 2 of 2 are in use." in error["message"]


def test_a_limit_alone(member: Caller, populated: Cloud) -> None:
    """Cinder tells the limit but not the use."""
    populated.refuse("POST", "cinder", "/snapshots", "cinder_413_snapshots")
    shown = body("quotas_block_storage")
    shown["quota_set"]["snapshots"] = {"limit": 3, "in_use": 2, "reserved": 1}
    populated.answer("GET", "cinder", OF_CINDER, shown)
    path = f"/api/v1/volumes/{body('volumes')['volumes'][2]['id']}/snapshots"
    error = refusal(member.post(path, json={"snapshot": CREATE_SNAPSHOT}), 403, "quota_exceeded")
    assert (error["quota"], error["limit"], error["used"]) == ("snapshots", 3, 3)


def test_figures_that_cannot_be_had(member: Caller, populated: Cloud) -> None:
    """The refusal stays what it is when the look at the figures fails."""
    populated.refuse("POST", "cinder", "/volumes", "cinder_413_volumes")
    populated.fail("GET", "cinder", OF_CINDER, requests.exceptions.ReadTimeout)
    response = member.post("/api/v1/volumes", json={"volume": CREATE_VOLUME})
    error = refusal(response, 403, "quota_exceeded")
    assert error["quota"] == "volumes"
    assert "used" not in error


def test_a_quota_of_a_type(member: Caller, populated: Cloud) -> None:
    """One that this API does not list keeps Cinder's name."""
    sentence = "Requested volume or snapshot exceeds allowed gigabytes_SSD quota. Requested 5G, "
    refused = {"overLimit": {"code": 413, "message": sentence + "quota is 20G and 16G has been"}}
    populated.answer("POST", "cinder", "/volumes", refused, 413)
    response = member.post("/api/v1/volumes", json={"volume": CREATE_VOLUME})
    error = refusal(response, 403, "quota_exceeded")
    assert (error["quota"], error["limit"], error["used"]) == ("gigabytes_SSD", 20, 16)


@pytest.mark.parametrize(
    ("theirs", "limit", "requested"), [("volumes", 2, 3), ("gigabytes", 29, 30)]
)
def test_volumes_of_new_instances(
    member: Caller, populated: Cloud, theirs: str, limit: int, requested: int
) -> None:
    """Nova would find out only when the machines are being built; here nothing is begun."""
    shown = body("quotas_block_storage")
    shown["quota_set"][theirs] = {"limit": limit, "in_use": 0, "reserved": 0}
    populated.answer("GET", "cinder", OF_CINDER, shown)
    error = refusal(
        create(member, count=3, volumes=[{"size": 10}]),
        403,
        "quota_exceeded",
    )
    figures = (error["quota"], error["limit"], error["used"], error["requested"])
    assert figures == (theirs, limit, 0, requested)
    assert populated.writes() == []


def test_ports_that_nova_makes(member: Caller, populated: Cloud) -> None:
    """Nova speaks of Neutron's quota without a figure."""
    refused = {"forbidden": {"code": 403, "message": "Maximum number of ports exceeded"}}
    populated.answer("POST", "nova", "/servers", refused, 403)
    error = refusal(create(member), 403, "quota_exceeded")
    assert (error["quota"], error["limit"], error["used"]) == ("ports", 1000, 4)
