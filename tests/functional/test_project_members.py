# SPDX-License-Identifier: Apache-2.0
"""Members of a project in real Keystone."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openstack
import pytest
from keystoneauth1 import exceptions as ksa_exceptions
from keystoneauth1 import session
from keystoneauth1.identity import v3

from tests.functional.client import Client, Gateway

JSON = dict[str, Any]
Connect = Callable[[str], openstack.connection.Connection]
ANSWER = 30  # [keystone_authtoken] token_cache_time as documented, seconds


@pytest.fixture
def project_id(cloud: Connect) -> str:
    """The demo project."""
    return str(cloud("kic-member").current_project_id)


@pytest.fixture
def newcomer(cloud: Connect, persona: Callable[[str], Client], project_id: str) -> Iterator[str]:
    """The id of a user of another project, who is no member afterwards."""
    user_id = str(cloud("kic-other").current_user_id)
    yield user_id
    path = f"/api/v1/projects/{project_id}/members/{user_id}"
    assert persona("kic-admin").delete(path) in {204, 404}


def in_project(standalone: Path, gateway: Gateway, project_name: str) -> Client:
    """The other project's user with a token for this project.

    :raises Unauthorized: the user has no role there
    """
    loader = openstack.config.OpenStackConfig(config_files=[str(standalone / "clouds.yaml")])
    known = loader.get_one("kic-other").config["auth"] | {"project_name": project_name}
    token = session.Session(auth=v3.Password(**known)).get_token()
    return Client(gateway.url, token)


def refused(client: Client, method: str, path: str, status: int, body: Any = None) -> JSON:
    """The error when a request is refused with this status."""
    response = client.request(method, path, json=body)
    assert response.status_code == status, response.text
    error: JSON = response.json()["error"]
    return error


def test_life_of_a_member(
    persona: Callable[[str], Client],
    cloud: Connect,
    standalone: Path,
    gateway: Gateway,
    project_id: str,
    newcomer: str,
    record_property: Callable[[str, object], None],
) -> None:
    """Added, a user works in the project as the role allows; removed, no call goes through."""
    admin, path = persona("kic-admin"), f"/api/v1/projects/{project_id}/members"
    one = f"{path}/{newcomer}"
    name = cloud("kic-operator").identity.get_user(newcomer).name
    with pytest.raises(ksa_exceptions.Unauthorized):
        in_project(standalone, gateway, "demo")

    wanted = {"member": {"user_name": name, "role": "reader"}}
    response = admin.request("POST", path, json=wanted)
    assert response.status_code == 201, response.text
    assert refused(admin, "POST", path, 409, wanted)["code"] == "already_exists"
    (member,) = admin.get(path, user_id=newcomer)["members"]
    assert (member["user_name"], member["role"], member["is_direct"]) == (name, "reader", True)
    reader = in_project(standalone, gateway, "demo")
    reader.get("/api/v1/instances")
    keypair = {"keypair": {"name": "functional-newcomer"}}
    refused(reader, "POST", "/api/v1/keypairs", 403, keypair)

    for role in ("member", "admin"):
        response = admin.request("PUT", one, json={"member": {"role": role}})
        assert response.json()["member"]["role"] == role, response.text
    second = in_project(standalone, gateway, "demo")
    assert second.get(path, user_id=newcomer)["members"][0]["role"] == "admin"
    second.get("/api/v1/public-ips")

    begin = time.monotonic()
    assert admin.delete(one) == 204
    while second.request("GET", "/api/v1/instances").status_code == 200:
        assert time.monotonic() - begin < ANSWER + 5, "a removed member is let in still"
        time.sleep(0.2)
    record_property("removed member refused after", round(time.monotonic() - begin, 1))
    assert second.request("GET", "/api/v1/instances").status_code == 401
    with pytest.raises(ksa_exceptions.Unauthorized):
        in_project(standalone, gateway, "demo")
    refused(admin, "DELETE", one, 404)


def test_last_admin(persona: Callable[[str], Client], cloud: Connect, project_id: str) -> None:
    """The project keeps an admin."""
    admin = persona("kic-admin")
    path = f"/api/v1/projects/{project_id}/members/{cloud('kic-admin').current_user_id}"
    assert "last admin" in refused(admin, "DELETE", path, 409)["message"]
    body = {"member": {"role": "member"}}
    assert "last admin" in refused(admin, "PUT", path, 409, body)["message"]
    admin.get("/api/v1/public-ips")


def test_nobody_elses(persona: Callable[[str], Client], cloud: Connect, project_id: str) -> None:
    """Only the project's admin, and only for this project."""
    path = f"/api/v1/projects/{project_id}/members"
    body = {"member": {"user_id": cloud("kic-other").current_user_id, "role": "admin"}}
    for name in ("kic-member", "kic-reader"):
        refused(persona(name), "GET", path, 403)
        refused(persona(name), "POST", path, 403, body)
    for name in ("kic-other", "kic-operator"):
        assert persona(name).request("POST", path, json=body).status_code in {403, 404}
    theirs = f"/api/v1/projects/{cloud('kic-other').current_project_id}/members"
    refused(persona("kic-admin"), "GET", theirs, 404)
    refused(persona("kic-admin"), "POST", theirs, 404, body)


def test_removed_admin(
    persona: Callable[[str], Client],
    cloud: Connect,
    standalone: Path,
    gateway: Gateway,
    project_id: str,
    newcomer: str,
) -> None:
    """A removed admin has no power, even while the gateway still accepts the token."""
    admin, path = persona("kic-admin"), f"/api/v1/projects/{project_id}/members"
    one = f"{path}/{newcomer}"
    body = {"member": {"user_id": newcomer, "role": "admin"}}
    assert admin.request("POST", path, json=body).status_code == 201
    former = in_project(standalone, gateway, "demo")
    assert former.get(path, user_id=newcomer)["members"][0]["role"] == "admin"
    assert admin.delete(one) == 204
    for method, where, sent in (
        ("POST", path, body),
        ("PUT", one, {"member": {"role": "admin"}}),
        ("DELETE", f"{path}/{cloud('kic-member2').current_user_id}", None),
        ("GET", path, None),
    ):
        assert refused(former, method, where, 403, sent)["code"] == "forbidden"
    assert admin.get(path, user_id=newcomer)["members"] == []
    assert len(admin.get(path, user_id=cloud("kic-member2").current_user_id)["members"]) == 1
