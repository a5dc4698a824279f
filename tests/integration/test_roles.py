# SPDX-License-Identifier: Apache-2.0
"""Who may do what in a project."""

from collections.abc import Callable, Iterator

import openstack
import pytest
from keystoneauth1 import exceptions as ksa_exceptions

from tests.functional.instances import Instances
from tests.integration.surroundings import Tenant

Connect = Callable[[str], openstack.connection.Connection]


@pytest.fixture
def newcomer(cloud: Connect, persona: Callable[[str], Tenant]) -> Iterator[str]:
    """The path of another project's user as member of this one, who is none afterwards."""
    project_id, user_id = cloud("admin").current_project_id, cloud("other").current_user_id
    path = f"/api/v1/projects/{project_id}/members/{user_id}"
    yield path
    assert persona("admin").delete(path) in {204, 404}


def test_reader_looks_only(
    persona: Callable[[str], Tenant], instances: Instances, subnet_id: str
) -> None:
    """A reader sees the project's instance, and every command is refused."""
    reader = persona("reader")
    instance_id = instances.make()
    path = f"/api/v1/instances/{instance_id}"
    assert reader.get(path)["instance"]["id"] == instance_id
    refused = [
        reader.request(
            "POST", "/api/v1/instances", json={"instance": reader.instance_body(subnet_id)}
        ),
        reader.request("PUT", path, json={"instance": {"name": "mine"}}),
        reader.request("POST", f"{path}/stop"),
        reader.request("DELETE", path),
    ]
    assert {response.status_code for response in refused} == {403}


def test_another_project(persona: Callable[[str], Tenant], instances: Instances) -> None:
    """Another project's instance is not there."""
    other = persona("other")
    path = f"/api/v1/instances/{instances.make()}"
    assert other.request("GET", path).status_code == 404
    assert other.request("POST", f"{path}/stop").status_code == 404
    assert other.request("DELETE", path).status_code == 404


def test_members(
    persona: Callable[[str], Tenant], cloud: Connect, gateway: str, newcomer: str
) -> None:
    """The project's admin lets a user in as reader and takes them out again; a member may not."""
    admin = persona("admin")
    members, _slash, user_id = newcomer.rpartition("/")
    wanted = {"member": {"user_id": user_id, "role": "reader"}}
    assert persona("member").request("POST", members, json=wanted).status_code == 403
    response = admin.request("POST", members, json=wanted)
    assert response.status_code == 201, response.text
    (found,) = admin.get(members, user_id=user_id)["members"]
    assert found["role"] == "reader"

    here = cloud("other").connect_as(project_id=cloud("admin").current_project_id)
    reader = Tenant(gateway, here.auth_token)
    reader.get("/api/v1/instances")
    keypair = {"keypair": {"name": "integration-newcomer"}}
    assert reader.request("POST", "/api/v1/keypairs", json=keypair).status_code == 403

    assert admin.delete(newcomer) == 204
    again = cloud("other").connect_as(project_id=cloud("admin").current_project_id)
    with pytest.raises(ksa_exceptions.Unauthorized):
        again.session.get_token()
