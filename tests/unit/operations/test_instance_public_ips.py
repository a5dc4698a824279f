# SPDX-License-Identifier: Apache-2.0
"""Public IPs of an instance's network interface."""

from collections.abc import Callable
from typing import Any

import pytest
from oslo_config import cfg

from kic_vm import deploy
from tests.contract import check
from tests.unit.bodies import FREE_PORT, FREE_PUBLIC_IP, INSTANCE, PORT, PUBLIC_IP
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.operations.test_instance_actions import in_states
from tests.unit.personas import OTHER_PROJECT

JSON = dict[str, Any]
ALL = f"{INSTANCE}/network-interfaces/{PORT['id']}/public-ips"
ONE = f"{ALL}/{FREE_PUBLIC_IP['id']}"
TARGET = {"port_id": PORT["id"], "fixed_ip_address": "10.20.3.103"}


@pytest.fixture
def application(shared_application: Any) -> Any:
    """Nothing here depends on what the gateway remembers."""
    return shared_application


@pytest.fixture
def admin(caller: Callable[[str], Caller]) -> Caller:
    """The project's admin."""
    return caller("admin")


def with_public_ip(cloud: Cloud) -> None:
    """The interface has one."""
    path = f"/floatingips?port_id={PORT['id']}"
    cloud.answer("GET", "neutron", path, {"floatingips": [PUBLIC_IP]})


def with_networks(cloud: Cloud, *networks: JSON) -> None:
    """The cloud has these external networks."""
    path = "/networks?router%3Aexternal=true"
    cloud.answer("GET", "neutron", path, {"networks": list(networks)})


def test_associate_new(admin: Caller, populated: Cloud) -> None:
    """It is made and associated in one step, in 6 calls; it is in_use at once."""
    response = admin.post(ALL)
    assert response.status_code == 200, response.text
    assert check("bcs", "AssociateNewPublicIp", response.json) == []
    assert response.json["public_ip"] == {
        "id": PUBLIC_IP["id"],
        "description": "",
        "status": "in_use",
        "project_id": PUBLIC_IP["project_id"],
        "public_ip": PUBLIC_IP["floating_ip_address"],
        "private_ip": "10.20.3.103",
        "created_at": PUBLIC_IP["created_at"],
        "updated_at": PUBLIC_IP["updated_at"],
    }
    (sent,) = populated.sent("neutron", "POST")
    assert sent.json() == {
        "floatingip": TARGET | {"floating_network_id": PUBLIC_IP["floating_network_id"]}
    }
    assert len(populated.calls()) == 6


def test_associate(admin: Caller, populated: Cloud) -> None:
    """A free one is associated, in 6 calls, unless it has changed meanwhile."""
    associated = FREE_PUBLIC_IP | TARGET
    path = f"/floatingips/{FREE_PUBLIC_IP['id']}"
    populated.answer("PUT", "neutron", path, {"floatingip": associated})
    response = admin.put(ONE)
    assert response.status_code == 200, response.text
    assert check("bcs", "AssociatePublicIp", response.json) == []
    assert response.json["public_ip"]["status"] == "in_use"
    (sent,) = populated.sent("neutron", "PUT")
    assert sent.json() == {"floatingip": TARGET}
    assert sent.headers["If-Match"] == f"revision_number={FREE_PUBLIC_IP['revision_number']}"
    assert len(populated.calls()) == 6


@pytest.mark.parametrize(("method", "path"), [("POST", ALL), ("PUT", ONE)])
@pytest.mark.parametrize("is_known", [True, False])
def test_interface_has_one(
    admin: Caller, populated: Cloud, method: str, path: str, is_known: bool
) -> None:
    """An interface that has a public IP gets no other: 409, also where only Neutron notices."""
    if is_known:
        with_public_ip(populated)
    else:
        for verb, where in (("POST", ""), ("PUT", f"/{FREE_PUBLIC_IP['id']}")):
            populated.refuse(verb, "neutron", f"/floatingips{where}", "neutron_409_floating_ip")
    error = refusal(admin.request(method, path), 409, "conflict")
    assert error["message"] == "The network interface already has a public IP."
    assert len(populated.writes()) == (0 if is_known else 1)


def test_public_ip_in_use(admin: Caller, populated: Cloud) -> None:
    """One that leads elsewhere is not taken from there, as Neutron would."""
    path = f"/floatingips/{FREE_PUBLIC_IP['id']}"
    taken = FREE_PUBLIC_IP | {"port_id": FREE_PORT["id"]}
    populated.answer("GET", "neutron", path, {"floatingip": taken})
    assert "in use" in refusal(admin.put(ONE), 409, "conflict")["message"]
    assert populated.writes() == []


def test_another_projects(admin: Caller, populated: Cloud) -> None:
    """Another project's public IP is not there."""
    path = f"/floatingips/{FREE_PUBLIC_IP['id']}"
    theirs = FREE_PUBLIC_IP | {"project_id": OTHER_PROJECT}
    populated.answer("GET", "neutron", path, {"floatingip": theirs})
    refusal(admin.put(ONE), 404, "not_found")
    assert populated.writes() == []


@pytest.mark.parametrize(
    ("name", "status", "code", "words"),
    [
        ("neutron_404_gateway", 409, "conflict", "no route to the internet"),
        ("neutron_409_quota_floating_ip", 403, "quota_exceeded", "quota of public_ips"),
    ],
)
def test_refused_by_neutron(
    admin: Caller, populated: Cloud, name: str, status: int, code: str, words: str
) -> None:
    """Neutron's reasons are told in our words."""
    populated.refuse("POST", "neutron", "/floatingips", name)
    assert words in refusal(admin.post(ALL), status, code)["message"]


@pytest.mark.parametrize("ips", [[], [{"subnet_id": "s", "ip_address": "fd00::1"}]])
def test_no_address(admin: Caller, populated: Cloud, ips: list[JSON]) -> None:
    """An interface without an IPv4 address can have none."""
    port = {"port": PORT | {"fixed_ips": ips}}
    populated.answer("GET", "neutron", f"/ports/{PORT['id']}", port)
    assert "IPv4" in refusal(admin.post(ALL), 409, "conflict")["message"]


@pytest.mark.parametrize(
    ("networks", "chosen"),
    [
        ([{"id": "a", "name": "x", "is_default": False}], "a"),
        ([{"id": "a", "name": "x"}], "a"),
        (
            [
                {"id": "a", "name": "x", "is_default": False},
                {"id": "b", "name": "y", "is_default": True},
            ],
            "b",
        ),
        ([{"id": "a", "name": "x"}, {"id": "b", "name": "y"}], None),
        ([], None),
    ],
)
def test_external_network(
    admin: Caller, populated: Cloud, networks: list[JSON], chosen: str | None
) -> None:
    """It is the only one, or the default one; where neither is, an operator is needed."""
    with_networks(populated, *networks)
    response = admin.post(ALL)
    if chosen is None:
        assert "operator" in refusal(response, 503, "upstream_unavailable")["message"]
        assert populated.writes() == []
        return
    (sent,) = populated.sent("neutron", "POST")
    assert sent.json()["floatingip"]["floating_network_id"] == chosen


class TestConfiguredNetwork:
    """The operator has said where public IPs come from."""

    @pytest.fixture
    def application(self, conf: cfg.ConfigOpts) -> Any:
        return deploy.load_app(conf)

    @pytest.fixture
    def options(self) -> str:
        return "[public_ip]\nnetwork = y"

    def test_name(self, admin: Caller, populated: Cloud) -> None:
        """The configured name counts."""
        with_networks(populated, {"id": "a", "name": "x"}, {"id": "b", "name": "y"})
        assert admin.post(ALL).status_code == 200
        (sent,) = populated.sent("neutron", "POST")
        assert sent.json()["floatingip"]["floating_network_id"] == "b"


@pytest.mark.parametrize("query", [{}, {"is_delete": "false"}, {"is_delete": "true"}])
def test_remove(admin: Caller, populated: Cloud, query: JSON) -> None:
    """It is kept, unless it is to be deleted; in 4 calls."""
    with_public_ip(populated)
    path = f"/floatingips/{PUBLIC_IP['id']}"
    freed = PUBLIC_IP | {"port_id": None, "fixed_ip_address": None}
    populated.answer("PUT", "neutron", path, {"floatingip": freed})
    response = admin.delete(ALL, query_string=query)
    assert response.status_code == 200, response.text
    assert check("bcs", "RemovePublicIp", response.json) == []
    shown = response.json["public_ip"]
    assert (shown["status"], shown["private_ip"]) == ("available", None)
    verb = "DELETE" if query.get("is_delete") == "true" else "PUT"
    assert populated.writes() == [f"{verb} neutron {path}"]
    for sent in populated.sent("neutron", "PUT"):
        assert sent.json() == {"floatingip": {"port_id": None}}
    (sent,) = populated.sent("neutron", verb)
    assert sent.headers["If-Match"] == f"revision_number={PUBLIC_IP['revision_number']}"
    assert len(populated.calls()) == 4


def test_remove_none(admin: Caller, populated: Cloud) -> None:
    """An interface without one is 404."""
    error = refusal(admin.delete(ALL), 404, "not_found")
    assert error["message"] == "This network interface has no public IP."
    refusal(admin.delete(ALL, query_string={"is_delete": "maybe"}), 400, "invalid_request")


@pytest.mark.parametrize(("method", "path"), [("POST", ALL), ("PUT", ONE), ("DELETE", ALL)])
def test_interface_of_another_instance(
    admin: Caller, populated: Cloud, method: str, path: str
) -> None:
    """An interface that is not at this instance is 404 below it; one of a deleted one is 409."""
    other = path.replace(PORT["id"], FREE_PORT["id"])
    populated.answer(
        "GET", "neutron", f"/floatingips?port_id={FREE_PORT['id']}", {"floatingips": []}
    )
    refusal(admin.request(method, other), 404, "not_found")
    in_states(populated, ("active", "deleting"))
    refusal(admin.request(method, path), 409, "invalid_state")
    assert populated.writes() == []
