# SPDX-License-Identifier: Apache-2.0
"""GET /api/v1/instances of a project with many: a page costs what it shows, and is exact."""

from collections.abc import Mapping
from typing import Any

import pytest

from kic_vm.lifecycle.table import load_tables
from kic_vm.mappings import instances as mapping
from kic_vm.mappings.volume_types import VolumeTypes
from kic_vm.mappings.zones import Zones
from tests.contract import check
from tests.unit.bodies import PORT, body
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.nova_servers import serve, servers
from tests.unit.populated import populate

JSON = dict[str, Any]
OLD = 40  # the instance whose volume was there long before


@pytest.fixture
def options() -> str:
    """Of its own: what the gateway remembers of the project counts here."""
    return "[api]\nregion = kr-central-2\n"


@pytest.fixture
def many(member: Caller, populated: Cloud) -> Cloud:
    """60 instances, each with its own volume and port, of which the gateway knows how many."""
    found = servers(60)
    volumes, ports = [], []
    for number, server in enumerate(found):
        volume = body("volumes")["volumes"][1] | {"id": f"{number:08}{'-0000' * 3}-{'0' * 12}"}
        volume["size"] = number + 1
        server["os-extended-volumes:volumes_attached"] = [
            {"id": volume["id"], "delete_on_termination": True}
        ]
        server["created"] = f"2026-11-{28 - number // 10:02}T10:00:{59 - number % 10 // 3:02}Z"
        volume["created_at"] = server["created"].removesuffix("Z") + ".000000"
        if number == OLD:
            volume["created_at"] = "2020-01-01T00:00:00.000000"
        server["OS-EXT-STS:vm_state"] = "stopped" if number % 4 == 1 else "active"
        server["name"] = f"web-{number * 7 % 60:02}"
        volumes.append(volume)
        port = {**PORT, "id": f"port-{number}", "device_id": server["id"]}
        port["fixed_ips"] = [{"subnet_id": "s", "ip_address": f"10.0.0.{number}"}]
        ports.append(port)
    serve(populated, found)
    populated.answer(
        "GET", "cinder", "/volumes/detail", lambda request, context: _volumes(request, volumes)
    )
    populated.answer("GET", "neutron", "/ports", lambda request, context: _ports(request, ports))
    listed(member, "limit=1000")
    populated.forget()
    return populated


def _ports(request: Any, ports: list[JSON]) -> JSON:
    wanted = request.qs.get("device_id")
    return {"ports": [port for port in ports if wanted is None or port["device_id"] in wanted]}


def _volumes(request: Any, volumes: list[JSON]) -> JSON:
    if "created_at" not in request.qs:
        return {"volumes": volumes}
    bounds = request.qs["created_at"][0].upper().split(",")
    first, last = (bound.partition(":")[2] for bound in bounds)
    return {"volumes": [one for one in volumes if first <= one["created_at"][:19] <= last]}


def listed(caller: Caller, query: str) -> JSON:
    response = caller.get(f"/api/v1/instances?{query}")
    assert response.status_code == 200, response.text
    assert check("bcs", "ListInstances", response.json) == []
    page: JSON = response.json
    return page


@pytest.mark.parametrize(
    ("order", "offset"),
    [
        ("", 0),
        ("", 4),
        ("", 55),
        ("", 58),
        ("", 60),
        ("", 2147483647),
        ("sort_keys=name&sort_dirs=asc", 5),
        ("sort_keys=created_at&sort_dirs=asc", 5),
        ("sort_keys=status,name&sort_dirs=desc", 10),
        ("status=stopped", 3),
        ("status=stopped&name=4", 0),
        ("name=web", 20),
        ("created_at=2026-11-27", 1),
        ("public_ip=203.0.113.99", 0),
        ("private_ip=10.0.0.7", 0),
        ("sort_keys=security_group_count", 7),
    ],
)
@pytest.mark.parametrize("limit", [2, 5])
def test_exact(member: Caller, many: Cloud, order: str, offset: int, limit: int) -> None:
    """A small page is, to the last field, what it would be when cut from the whole list."""
    whole = listed(member, f"{order}&limit=1000")
    page = listed(member, f"{order}&limit={limit}&offset={offset}")
    assert page["instances"] == whole["instances"][offset : offset + limit]
    assert page["pagination"] == {
        "total": whole["pagination"]["total"],
        "offset": offset,
        "limit": limit,
    }


def test_calls_of_the_newest(member: Caller, many: Cloud) -> None:
    """In the usual order only the page's servers, ports and volumes are fetched."""
    page = listed(member, "limit=2&offset=3")
    assert [item["attached_volumes"][0]["size"] for item in page["instances"]] == [4, 5]
    assert [call.partition("?")[0] for call in many.calls()] == [
        "GET cinder /volumes/detail",
        "GET neutron /floatingips",
        "GET neutron /ports",
        "GET nova /servers",
        "GET nova /servers/detail",
    ]
    (details,) = [request for request in many.sent("nova") if "detail" in request.path]
    assert details.qs["limit"] == ["2"]
    (volumes,) = many.sent("cinder")
    made = volumes.qs["created_at"][0].upper()
    assert made == "GTE:2026-11-28T09:55:58,LTE:2026-11-28T11:00:58"
    (ports,) = [request for request in many.sent("neutron") if "ports" in request.path]
    assert ports.qs["device_id"] == [item["id"] for item in page["instances"]]


def test_calls_of_older_volumes(member: Caller, many: Cloud) -> None:
    """A volume that was not made with its instance is found among all."""
    page = listed(member, f"limit=2&offset={OLD}")
    assert [item["attached_volumes"][0]["size"] for item in page["instances"]] == [41, 42]
    assert len([call for call in many.calls() if "cinder" in call]) == 2
    assert len(many.calls()) == 6


def test_calls_with_a_filter(member: Caller, many: Cloud) -> None:
    """What servers decide needs all servers, but ports and volumes of the page only."""
    listed(member, "limit=1&status=stopped")
    assert [call.partition("?")[0] for call in many.calls()] == [
        "GET cinder /volumes/detail",
        "GET neutron /floatingips",
        "GET neutron /ports",
        "GET nova /servers/detail",
    ]


@pytest.mark.parametrize("query", ["limit=20", "limit=1&image_name=ubuntu-24.04", "limit=101"])
def test_all_at_once(member: Caller, many: Cloud, query: str) -> None:
    """A page that is much of the list, or is decided by volumes, is cut from the whole list."""
    listed(member, query)
    assert "GET cinder /volumes/detail?limit=1000" in many.calls()


def test_server_that_went_meanwhile(member: Caller, many: Cloud) -> None:
    """A page that would begin after a server that is gone by now is cut from what is there."""
    found = servers(60)
    gone = found.pop(9)

    def details(request: Any, context: Any) -> JSON:
        if request.qs.get("marker") == [gone["id"]]:
            context.status_code = 400
            return {"badRequest": {"code": 400, "message": f"marker [{gone['id']}] not found"}}
        return {"servers": found}

    many.answer("GET", "nova", "/servers/detail", details)
    page = listed(member, "limit=2&offset=10")
    assert [item["name"] for item in page["instances"]] == ["web-11", "web-12"]
    assert page["pagination"]["total"] == 59


def test_fewer_than_remembered(member: Caller, many: Cloud) -> None:
    """That there were many does not say that there are."""
    populate(many)
    serve(many, servers(3))
    page = listed(member, "limit=2&offset=1")
    assert [item["name"] for item in page["instances"]] == ["web-01", "web-02"]
    assert page["pagination"]["total"] == 3
    many.forget()
    listed(member, "limit=2")
    assert "GET cinder /volumes/detail?limit=1000" in many.calls()


def test_related_fields(member: Caller, populated: Cloud) -> None:
    """The fields that ports and volumes determine are those that differ without them."""
    server: Any = servers(1)[0]
    server["os-extended-volumes:volumes_attached"] = [
        {"id": body("volumes")["volumes"][1]["id"], "delete_on_termination": True}
    ]
    server["OS-EXT-AZ:availability_zone"] = ""
    server["image"] = None
    volume = body("volumes")["volumes"][1]
    port: Any = {**PORT, "device_id": server["id"]}
    related = mapping.RelatedResources(
        ports={server["id"]: [port]},
        public_ips={},
        volumes={volume["id"]: volume},
        group_names={},
        flavor_ids={},
    )
    nothing = mapping.RelatedResources(
        ports={}, public_ips={}, volumes={}, group_names={}, flavor_ids={}
    )
    translation = mapping.Translation(
        load_tables(), Zones({"kr-central-2-a": "nova"}), VolumeTypes({})
    )
    with_related: Mapping[str, Any] = mapping.instance_from_server(server, related, translation)
    alone: Mapping[str, Any] = mapping.instance_from_server(server, nothing, translation)
    differing = {name for name in alone if alone[name] != with_related[name]}
    assert differing == mapping.RELATED_FIELDS
