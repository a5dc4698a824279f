# SPDX-License-Identifier: Apache-2.0
"""POST /api/v1/instances with a count where the gateway makes the ports."""

from typing import Any

import pytest
import requests

from kic_vm.adapters.network import PORT_MARK
from tests.contract import check
from tests.unit.bodies import FLAVOR, SERVER, SUBNET, body, error
from tests.unit.cloud import Cloud, Request
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.operations.instance_create_requests import ASKED, create
from tests.unit.operations.test_instance_count import IDS
from tests.unit.operations.test_instance_networks import NETWORK, SECOND, with_subnets
from tests.unit.personas import PROJECT

JSON = dict[str, Any]
PORTS = {name: f"port-of-{name}" for name in IDS}
SECOND_PORTS = {name: [f"first-of-{name}", f"second-of-{name}"] for name in IDS}
QUOTAS = f"/os-quota-sets/{PROJECT}/detail"


def quotas(**changes: JSON) -> JSON:
    """Nova's answer about quotas with changed figures."""
    return {"quota_set": body("quotas_compute")["quota_set"] | changes}


class TestWithPorts:
    """Where the gateway makes the ports, each instance is a call with its own."""

    @pytest.fixture
    def crowded(self, populated: Cloud) -> Cloud:
        """A network of several subnets, and services that make what they are asked for."""
        with_subnets(populated, SECOND)
        populated.answer("POST", "neutron", "/ports", self.make_ports, 201)
        populated.answer("POST", "nova", "/servers", self.make_server, 202)
        for name, server_id in IDS.items():
            populated.answer("DELETE", "neutron", f"/ports/{PORTS[name]}", status=204)
            populated.answer("DELETE", "nova", f"/servers/{server_id}", status=204)
            gone = error("nova_404_server")["json"]["itemNotFound"]
            answer = {"itemNotFound": gone | {"message": f"Instance {server_id} is not there."}}
            populated.answer("GET", "nova", f"/servers/{server_id}", answer, 404)
            tag = f"kic-vm-instance-{server_id}"
            for port_id in (PORTS[name], *SECOND_PORTS[name]):
                populated.answer("PUT", "neutron", f"/ports/{port_id}/tags/{tag}", status=201)
            port = {
                "id": PORTS[name],
                "project_id": PROJECT,
                "description": PORT_MARK,
                "device_id": "",
                "tags": [tag],
                "revision_number": 2,
            }
            populated.answer("GET", "neutron", f"/ports?tags={tag}", {"ports": [port]})
        return populated

    @staticmethod
    def make_ports(request: Request, _context: Any) -> JSON:
        return {
            "ports": [
                port
                | {
                    "id": f"port-of-{port['name']}",
                    "project_id": PROJECT,
                    "revision_number": 1,
                }
                for port in request.json()["ports"]
            ]
        }

    @staticmethod
    def make_server(request: Request, _context: Any) -> JSON:
        made = body("server_created")["server"]
        return {"server": made | {"id": IDS[request.json()["server"]["name"]]}}

    def refuse_second(self, cloud: Cloud, recorded: str) -> None:
        """Have Nova refuse the second instance only."""

        def make(request: Request, context: Any) -> JSON:
            if request.json()["server"]["name"] != "web-2":
                return self.make_server(request, context)
            refused = error(recorded)
            context.status_code = refused["status"]
            answer: JSON = refused["json"]
            return answer

        cloud.answer("POST", "nova", "/servers", make, 202)

    def test_each_has_its_own(self, member: Caller, crowded: Cloud) -> None:
        """One call makes all ports; each instance has its own, in the subnet that was named."""
        response = create(member, count=3)
        assert response.status_code == 202, response.text
        assert check("bcs", "CreateInstance", response.json) == []
        assert response.json["instance"]["id"] == IDS["web-1"]
        assert response.json["instances"] == [{"id": IDS[name], "name": name} for name in IDS]
        (ports,) = crowded.sent("neutron", "POST")
        assert [
            (port["name"], port["network_id"], port["fixed_ips"]) for port in ports.json()["ports"]
        ] == [(name, NETWORK, [{"subnet_id": SUBNET["id"]}]) for name in IDS]
        servers = [sent.json()["server"] for sent in crowded.sent("nova", "POST")]
        assert sorted(servers, key=lambda server: str(server["name"])) == [
            ASKED | {"name": name, "networks": [{"port": PORTS[name]}]} for name in IDS
        ]

    def test_two_ports_each(self, member: Caller, crowded: Cloud) -> None:
        """Interfaces keep their order within each instance."""
        wanted = [{"id": SECOND["id"]}, {"id": SUBNET["id"]}]
        ids = {
            (name, subnet["id"]): port_id
            for name in IDS
            for subnet, port_id in zip(wanted, SECOND_PORTS[name], strict=True)
        }

        def make(request: Request, _context: Any) -> JSON:
            ports = request.json()["ports"]
            return {
                "ports": [
                    {"id": ids[port["name"], port["fixed_ips"][0]["subnet_id"]]} for port in ports
                ]
            }

        crowded.answer("POST", "neutron", "/ports", make, 201)
        assert create(member, count=2, subnets=wanted).status_code == 202
        for sent in crowded.sent("nova", "POST"):
            server = sent.json()["server"]
            assert server["networks"] == [
                {"port": ids[server["name"], subnet["id"]]} for subnet in wanted
            ]

    def test_one_refused(self, member: Caller, crowded: Cloud) -> None:
        """When one cannot be made, the others go, all ports go, and the reason is the answer."""
        self.refuse_second(crowded, "nova_403_quota")
        refusal(create(member, count=3), 403, "quota_exceeded")
        assert [call for call in crowded.writes() if call.startswith("DELETE")] == sorted(
            [f"DELETE nova /servers/{IDS[name]}" for name in ("web-1", "web-3")]
            + [f"DELETE neutron /ports/{PORTS[name]}" for name in IDS]
        )

    def test_one_without_answer(self, member: Caller, crowded: Cloud) -> None:
        """When Nova did not answer about one in time, that one's port stays."""

        def make(request: Request, context: Any) -> JSON:
            if request.json()["server"]["name"] == "web-2":
                raise requests.exceptions.ReadTimeout
            return self.make_server(request, context)

        crowded.answer("POST", "nova", "/servers", make, 202)
        refusal(create(member, count=2), 504, "upstream_timeout")
        assert f"GET nova /servers/{IDS['web-1']}" in crowded.calls()
        assert [call for call in crowded.writes() if call.startswith("DELETE")] == [
            f"DELETE neutron /ports/{PORTS['web-1']}",
            f"DELETE nova /servers/{IDS['web-1']}",
        ]

    def test_one_not_gone_yet(self, member: Caller, crowded: Cloud) -> None:
        """One that Nova still has, soft-deleted perhaps, keeps its port for the worker."""
        self.refuse_second(crowded, "nova_403_quota")
        crowded.answer("GET", "nova", f"/servers/{IDS['web-1']}", {"server": SERVER})
        refusal(create(member, count=2), 403, "quota_exceeded")
        assert [call for call in crowded.writes() if call.startswith("DELETE")] == [
            f"DELETE neutron /ports/{PORTS['web-2']}",
            f"DELETE nova /servers/{IDS['web-1']}",
        ]

    def test_one_failed(self, member: Caller, crowded: Cloud) -> None:
        """Nova may still make the one for which it failed: its port stays."""

        def make(request: Request, context: Any) -> JSON:
            if request.json()["server"]["name"] == "web-1":
                context.status_code = 500
                return {}
            return self.make_server(request, context)

        crowded.answer("POST", "nova", "/servers", make, 202)
        refusal(create(member, count=2), 502, "upstream_error")
        assert f"DELETE neutron /ports/{PORTS['web-1']}" not in crowded.writes()

    def test_one_that_stays(self, member: Caller, crowded: Cloud, lines: list[str]) -> None:
        """That one made cannot be deleted is logged; its port is left to it."""
        self.refuse_second(crowded, "nova_403_quota")
        crowded.answer("DELETE", "nova", f"/servers/{IDS['web-1']}", status=500)
        refusal(create(member, count=2), 403, "quota_exceeded")
        assert f"DELETE neutron /ports/{PORTS['web-1']}" not in crowded.writes()
        assert any(IDS["web-1"] in line and line.startswith("WARNING") for line in lines)

    @pytest.mark.parametrize(
        "answer",
        [{"status": 409}, {"exc": requests.ConnectTimeout}],
        ids=["refused", "not sent"],
    )
    def test_one_that_runs_on(self, member: Caller, crowded: Cloud, answer: JSON) -> None:
        """A refusal tells that an instance may have been left, which is billed."""
        self.refuse_second(crowded, "nova_403_quota")
        crowded.answer("DELETE", "nova", f"/servers/{IDS['web-1']}", **answer)
        response = create(member, count=2)
        assert (response.status_code, response.json["error"]["outcome"]) == (403, "unknown")
        assert response.json["error"]["shown_by"] == "GET /api/v1/instances"

    @pytest.mark.parametrize(
        ("theirs", "quota", "each"),
        [
            ("instances", "instances", 1),
            ("cores", "cores", FLAVOR["vcpus"]),
            ("ram", "memory_mb", FLAVOR["ram"]),
        ],
    )
    def test_quota(
        self, member: Caller, crowded: Cloud, theirs: str, quota: str, each: int
    ) -> None:
        """What all of them need is held against the quota before anything is made."""
        limit = 100 + 3 * each
        shown = {"limit": limit, "in_use": 100, "reserved": 0}
        crowded.answer("GET", "nova", QUOTAS, quotas(**{theirs: shown}))
        assert len(create(member, count=3).json["instances"]) == 3
        crowded.forget()
        crowded.answer("GET", "nova", QUOTAS, quotas(**{theirs: shown | {"reserved": 1}}))
        error = refusal(create(member, count=3), 403, "quota_exceeded")
        figures = (error["quota"], error["limit"], error["used"], error["requested"])
        assert figures == (quota, limit, 101, 3 * each)
        assert crowded.writes() == []

    def test_one(self, member: Caller, crowded: Cloud) -> None:
        """One instance has the name as it is, and Nova alone looks at the quota."""
        crowded.answer(
            "POST", "nova", "/servers", {"server": body("server_created")["server"]}, 202
        )
        tag = f"kic-vm-instance-{SERVER['id']}"
        crowded.answer("PUT", "neutron", f"/ports/port-of-web/tags/{tag}", status=201)
        response = create(member)
        assert response.json["instances"] == [{"id": SERVER["id"], "name": "web"}]
        assert f"GET nova {QUOTAS}" not in crowded.calls()
