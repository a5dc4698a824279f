"""Where the interfaces of a new instance go: Nova's own where Nova can place them."""

import uuid
from typing import Any

import pytest
import requests

from tests.unit.bodies import GROUP, PORT, SERVER, SUBNET, body
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.operations.test_instance_create import asked, create, refused
from tests.unit.personas import OTHER_PROJECT

JSON = dict[str, Any]
NETWORK = SUBNET["network_id"]
SECOND = SUBNET | {"id": str(uuid.uuid4()), "cidr": "10.30.0.0/20"}
SIXTH = SUBNET | {"id": str(uuid.uuid4()), "cidr": "fd00::/64", "ip_version": 6}
ELSEWHERE = SUBNET | {"id": str(uuid.uuid4()), "network_id": str(uuid.uuid4())}
MADE = body("ports_created")["ports"][0]["id"]
FREE_PORT = PORT | {"device_id": "", "device_owner": ""}


def with_subnets(cloud: Cloud, *more: JSON) -> None:
    subnets = [*body("subnets")["subnets"], *more]
    cloud.answer("GET", "neutron", "/subnets", {"subnets": subnets})


@pytest.fixture
def crowded(populated: Cloud) -> Cloud:
    """The network has a second subnet, so Nova cannot know which is meant."""
    with_subnets(populated, SECOND)
    populated.answer("DELETE", "neutron", f"/ports/{MADE}", status=204)
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
    assert message == f"subnets.id: there is no subnet {missing} for this project."


class TestExistingInterface:
    """A network interface that was made before."""

    WANTED = [{"id": SUBNET["id"], "network_interface_id": PORT["id"]}]  # noqa: RUF012

    def test_free(self, member: Caller, populated: Cloud) -> None:
        """It is given to Nova as it is."""
        populated.answer("GET", "neutron", f"/ports/{PORT['id']}", {"port": FREE_PORT})
        assert create(member, subnets=self.WANTED).status_code == 202
        assert asked(populated)["networks"] == [{"port": PORT["id"]}]
        assert populated.sent("neutron", "POST") == []

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
        """It is made in the subnet, marked, and given to Nova."""
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

    def test_nova_unreachable(self, member: Caller, crowded: Cloud) -> None:
        """The same when Nova could not be reached at all."""
        crowded.fail("POST", "nova", "/servers", requests.exceptions.ConnectionError)
        refusal(create(member), 503, "upstream_unavailable")
        assert f"DELETE neutron /ports/{MADE}" in crowded.writes()

    def test_nova_timeout(self, member: Caller, crowded: Cloud) -> None:
        """When Nova did not answer in time the instance may yet come: the port stays."""
        crowded.fail("POST", "nova", "/servers", requests.exceptions.ReadTimeout)
        refusal(create(member), 504, "upstream_timeout")
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

    def test_delete(self, member: Caller, crowded: Cloud) -> None:
        """The port goes when the instance goes."""
        marked = "/ports?description=Made+by+kic-vm+for+an+instance"
        crowded.answer("GET", "neutron", marked, {"ports": [{"id": MADE}]})
        assert member.delete(f"/api/v1/instances/{SERVER['id']}").status_code == 204
        assert f"DELETE neutron /ports/{MADE}" in crowded.writes()
