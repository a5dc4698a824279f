# SPDX-License-Identifier: Apache-2.0
"""Where the interfaces of a new instance go: Nova's own where Nova can place them."""

import uuid
from typing import Any

import pytest
import requests

from tests.unit.bodies import GROUP, OTHER_GROUP, PORT, SERVER, SUBNET, body
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.operations.instance_create_requests import asked, create, refused
from tests.unit.personas import OTHER_PROJECT

JSON = dict[str, Any]
NETWORK = SUBNET["network_id"]
SECOND = SUBNET | {"id": str(uuid.uuid4()), "cidr": "10.30.0.0/20"}
SIXTH = SUBNET | {"id": str(uuid.uuid4()), "cidr": "fd00::/64", "ip_version": 6}
ELSEWHERE = SUBNET | {"id": str(uuid.uuid4()), "network_id": str(uuid.uuid4())}
MADE = body("ports_created")["ports"][0]["id"]
TAG = f"kic-vm-instance-{SERVER['id']}"
OTHER_GROUP_NAME = "prepared"
FREE_PORT = PORT | {"device_id": "", "device_owner": ""}


def with_subnets(cloud: Cloud, *more: JSON) -> None:
    subnets = [*body("subnets")["subnets"], *more]
    cloud.answer("GET", "neutron", "/subnets", {"subnets": subnets})


@pytest.fixture
def crowded(populated: Cloud) -> Cloud:
    """The network has a second subnet, so Nova cannot know which is meant."""
    with_subnets(populated, SECOND)
    populated.answer("DELETE", "neutron", f"/ports/{MADE}", status=204)
    populated.answer("PUT", "neutron", f"/ports/{MADE}/tags/{TAG}", status=201)
    return populated


def test_one_subnet(member: Caller, populated: Cloud) -> None:
    """Where a network has one subnet, Nova makes the port."""
    assert create(member).status_code == 202
    assert asked(populated)["networks"] == [{"uuid": NETWORK}]
    assert populated.sent("neutron", "POST") == []


def test_one_subnet_of_each_protocol(member: Caller, populated: Cloud) -> None:
    """A second subnet of the other protocol does not make the choice ambiguous."""
    with_subnets(populated, SIXTH)
    assert create(member).status_code == 202
    assert asked(populated)["networks"] == [{"uuid": NETWORK}]


def test_several_networks(member: Caller, populated: Cloud) -> None:
    """Interfaces come in the order in which they are asked for."""
    with_subnets(populated, ELSEWHERE)
    assert (
        create(member, subnets=[{"id": ELSEWHERE["id"]}, {"id": SUBNET["id"]}]).status_code == 202
    )
    assert asked(populated)["networks"] == [{"uuid": ELSEWHERE["network_id"]}, {"uuid": NETWORK}]


def test_address(member: Caller, crowded: Cloud) -> None:
    """An address says which subnet is meant: Nova makes the port."""
    subnets = [{"id": SUBNET["id"], "private_ip": "10.20.0.9"}]
    assert create(member, subnets=subnets).status_code == 202
    assert asked(crowded)["networks"] == [{"uuid": NETWORK, "fixed_ip": "10.20.0.9"}]
    assert crowded.sent("neutron", "POST") == []


@pytest.mark.parametrize(
    ("address", "word"),
    [
        ("10.99.0.9", "10.99.0.9 is not in 10.20.0.0/20"),
        ("fd00::1", "is not in"),
        ("10.20.0.999", "instance.subnets.0.private_ip"),
        ("10.20.0.0/24", "instance.subnets.0.private_ip"),
        ("", "instance.subnets.0.private_ip"),
        (5, "instance.subnets.0.private_ip"),
    ],
)
def test_wrong_address(member: Caller, populated: Cloud, address: Any, word: str) -> None:
    """An address outside of the subnet, or that is none, is refused."""
    subnets = [{"id": SUBNET["id"], "private_ip": address}]
    assert word in refused(member, populated, subnets=subnets)


def test_unknown_subnet(member: Caller, populated: Cloud) -> None:
    """A subnet that the project does not see is refused with its id."""
    missing = str(uuid.uuid4())
    message = refused(member, populated, subnets=[{"id": missing}])
    assert message == f"subnets.id: there is no subnet {missing} that this project can use."


class TestExistingInterface:
    """A network interface that was made before."""

    WANTED = [{"id": SUBNET["id"], "network_interface_id": PORT["id"]}]  # noqa: RUF012

    def test_free(self, member: Caller, populated: Cloud) -> None:
        """It is given to Nova as it is."""
        populated.answer("GET", "neutron", f"/ports/{PORT['id']}", {"port": FREE_PORT})
        assert create(member, subnets=self.WANTED).status_code == 202
        assert asked(populated)["networks"] == [{"port": PORT["id"]}]
        assert populated.sent("neutron", "POST") == []

    def test_groups_in_the_answer(self, member: Caller, populated: Cloud) -> None:
        """The answer names the groups that the interfaces are in, not those that Nova repeats."""
        own = OTHER_GROUP_NAME
        port = FREE_PORT | {"security_groups": [OTHER_GROUP]}
        groups = [*body("security_groups")["security_groups"], {"id": OTHER_GROUP, "name": own}]
        populated.answer("GET", "neutron", f"/ports/{PORT['id']}", {"port": port})
        populated.answer("GET", "neutron", "/security-groups", {"security_groups": groups})
        with_subnets(populated, ELSEWHERE)
        second = [{"id": ELSEWHERE["id"]}]
        for subnets, wanted, names in (
            (self.WANTED, None, [own]),
            (self.WANTED + second, None, [own, "default"]),
            (self.WANTED + second, [{"name": "default"}], [own, "default"]),
            (second, None, ["default"]),
        ):
            answer = create(member, subnets=subnets, security_groups=wanted)
            assert answer.status_code == 202, answer.text
            shown = answer.json["instance"]["security_groups"]
            assert shown == [{"name": name} for name in names]

    def test_without_groups(self, member: Caller, populated: Cloud) -> None:
        """An interface that is in no group adds none."""
        port = FREE_PORT | {"security_groups": []}
        populated.answer("GET", "neutron", f"/ports/{PORT['id']}", {"port": port})
        answer = create(member, subnets=self.WANTED)
        assert answer.json["instance"]["security_groups"] == []

    def test_in_use(self, member: Caller, populated: Cloud) -> None:
        """One that another instance has is a conflict."""
        error = refusal(create(member, subnets=self.WANTED), 409, "conflict")
        assert error["message"].startswith("subnets.network_interface_id: ")
        assert populated.writes() == []

    def test_not_there(self, member: Caller, populated: Cloud) -> None:
        """One that Neutron does not know is refused with its field."""
        populated.refuse("GET", "neutron", f"/ports/{PORT['id']}", "neutron_404_port")
        message = refused(member, populated, subnets=self.WANTED)
        assert message.startswith("subnets.network_interface_id: there is no ")

    def test_of_another_project(self, member: Caller, populated: Cloud) -> None:
        """So is another project's, which a cloud admin's token sees."""
        foreign = FREE_PORT | {"project_id": OTHER_PROJECT}
        populated.answer("GET", "neutron", f"/ports/{PORT['id']}", {"port": foreign})
        message = refused(member, populated, subnets=self.WANTED)
        assert message.startswith("subnets.network_interface_id: there is no ")

    def test_in_another_subnet(self, member: Caller, populated: Cloud) -> None:
        """It has to be in the subnet that is named."""
        with_subnets(populated, ELSEWHERE)
        populated.answer("GET", "neutron", f"/ports/{PORT['id']}", {"port": FREE_PORT})
        wanted = [{"id": ELSEWHERE["id"], "network_interface_id": PORT["id"]}]
        assert "not in the subnet" in refused(member, populated, subnets=wanted)

    def test_with_address(self, member: Caller, populated: Cloud) -> None:
        """It has an address already: another one is refused."""
        wanted = [self.WANTED[0] | {"private_ip": "10.20.0.9"}]
        assert "private_ip" in refused(member, populated, subnets=wanted)

    def test_with_groups(self, member: Caller, populated: Cloud) -> None:
        """It has groups already: others are refused."""
        message = refused(
            member, populated, subnets=self.WANTED, security_groups=[{"name": "default"}]
        )
        assert message.startswith("security_groups: ")


class TestSeveralSubnets:
    """Where a network has several subnets, the gateway makes the port."""

    def test_port(self, member: Caller, crowded: Cloud) -> None:
        """It is made in the subnet, marked, given to Nova, and tagged with its instance."""
        assert create(member).status_code == 202
        (sent,) = crowded.sent("neutron", "POST")
        (port,) = sent.json()["ports"]
        assert port == {
            "network_id": NETWORK,
            "fixed_ips": [{"subnet_id": SUBNET["id"]}],
            "description": "Made by kic-vm for an instance",
            "name": "web",
        }
        assert asked(crowded)["networks"] == [{"port": MADE}]
        assert f"PUT neutron /ports/{MADE}/tags/{TAG}" in crowded.writes()

    @pytest.mark.parametrize("status", [404, 500])
    def test_no_tag(self, member: Caller, crowded: Cloud, lines: list[str], status: int) -> None:
        """Nova makes the instance, so a port that gets no tag is logged only."""
        crowded.answer("PUT", "neutron", f"/ports/{MADE}/tags/{TAG}", status=status)
        assert create(member).status_code == 202
        assert any(MADE in line and line.startswith("WARNING") for line in lines)
        assert crowded.sent("neutron", "DELETE") == []

    def test_groups(self, member: Caller, crowded: Cloud) -> None:
        """It gets the security groups by their ids."""
        assert create(member, security_groups=[{"name": "default"}]).status_code == 202
        (sent,) = crowded.sent("neutron", "POST")
        assert sent.json()["ports"][0]["security_groups"] == [GROUP]

    @pytest.mark.parametrize("recorded", ["nova_400_key_name", "nova_403_quota"])
    def test_refused_by_nova(self, member: Caller, crowded: Cloud, recorded: str) -> None:
        """When Nova refuses, the port is gone again."""
        crowded.refuse("POST", "nova", "/servers", recorded)
        assert create(member).status_code in {400, 403}
        assert f"DELETE neutron /ports/{MADE}" in crowded.writes()
        (sent,) = crowded.sent("neutron", "DELETE")
        assert sent.headers["If-Match"] == "revision_number=1"

    def test_nova_unreachable(self, member: Caller, crowded: Cloud) -> None:
        """The same when Nova could not be reached at all."""
        crowded.fail("POST", "nova", "/servers", requests.exceptions.ConnectTimeout)
        refusal(create(member), 504, "upstream_timeout")
        assert f"DELETE neutron /ports/{MADE}" in crowded.writes()

    @pytest.mark.parametrize(
        "answer",
        [
            {"exc": requests.exceptions.ReadTimeout},
            {"exc": requests.exceptions.ConnectionError},
            {"exc": requests.exceptions.ChunkedEncodingError},
            {"status": 202, "text": '{"server": {"id": "e0e1'},
            {"status": 202, "json": {}},
            {"status": 500},
            {"status": 502},
            {"status": 503},
            {"status": 504},
        ],
    )
    def test_unknown_outcome(self, member: Caller, crowded: Cloud, answer: JSON) -> None:
        """When nobody knows whether Nova makes the instance, the port stays for it."""
        crowded.answer("POST", "nova", "/servers", **answer)
        assert create(member).status_code in {502, 503, 504}
        assert crowded.sent("neutron", "DELETE") == []

    def test_port_that_stays_behind(self, member: Caller, crowded: Cloud, lines: list[str]) -> None:
        """That the port cannot be removed is logged; the caller hears Nova's reason."""
        crowded.refuse("POST", "nova", "/servers", "nova_400_key_name")
        crowded.answer("DELETE", "neutron", f"/ports/{MADE}", status=500)
        error = refusal(create(member), 400, "invalid_request")
        assert error["message"].startswith("key_name: ")
        assert any(MADE in line and line.startswith("WARNING") for line in lines)

    @pytest.mark.parametrize(
        ("recorded", "code", "begin"),
        [("neutron_409_address", "conflict", "private_ip: ")],
    )
    def test_neutron_refuses(
        self, member: Caller, crowded: Cloud, recorded: str, code: str, begin: str
    ) -> None:
        """Without its port Nova is not asked."""
        crowded.refuse("POST", "neutron", "/ports", recorded)
        assert refusal(create(member), 409, code)["message"].startswith(begin)
        assert crowded.sent("nova", "POST") == []


class TestPortOfAnotherInstance:
    """A port that the gateway made for another instance, named by the caller for a new one."""

    @pytest.fixture
    def left(self, populated: Cloud) -> Cloud:
        """The port, which no instance has any more."""
        port = FREE_PORT | {"description": "Made by kic-vm for an instance", "revision_number": 7}
        populated.answer("GET", "neutron", f"/ports/{PORT['id']}", {"port": port})
        populated.answer(
            "PUT", "neutron", f"/ports/{PORT['id']}", {"port": port | {"revision_number": 8}}
        )
        return populated

    WANTED = TestExistingInterface.WANTED

    def test_taken_over(self, member: Caller, left: Cloud) -> None:
        """It loses its mark before Nova gets it: it is the user's."""
        assert create(member, subnets=self.WANTED).status_code == 202
        (sent,) = left.sent("neutron", "PUT")
        assert sent.json() == {"port": {"description": ""}}
        assert sent.headers["If-Match"] == "revision_number=7"

    def test_refused(self, member: Caller, left: Cloud) -> None:
        """It has its mark again when Nova refuses."""
        left.refuse("POST", "nova", "/servers", "nova_403_quota")
        assert create(member, subnets=self.WANTED).status_code == 403
        _released, sent = left.sent("neutron", "PUT")
        assert sent.json() == {"port": {"description": "Made by kic-vm for an instance"}}
        assert sent.headers["If-Match"] == "revision_number=8"
