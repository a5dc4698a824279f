# SPDX-License-Identifier: Apache-2.0
"""Keypairs of a project: everybody's to use, their creator's to delete."""

import uuid
from collections.abc import Callable, Iterator

import pytest

from tests.functional.instances import Instances
from tests.integration.surroundings import Tenant

PATH = "/api/v1/keypairs"
PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBeFfmGHBnEWfMnOjbcZGcqAk2jbmcf5q7Wq6nTuYJwP f"


@pytest.fixture
def name(persona: Callable[[str], Tenant]) -> Iterator[str]:
    """The name of a keypair that the project's admin has made."""
    admin = persona("admin")
    made = f"integration-{uuid.uuid4().hex[:8]}"
    wanted = {"keypair": {"name": made, "public_key": PUBLIC_KEY}}
    response = admin.request("POST", PATH, json=wanted)
    assert response.status_code == 201, response.text
    yield made
    assert admin.delete(f"{PATH}/{made}") in {204, 404}


def test_generated_key(member: Tenant) -> None:
    """The private half comes once, with the answer."""
    wanted = f"integration-{uuid.uuid4().hex[:8]}"
    response = member.request("POST", PATH, json={"keypair": {"name": wanted}})
    try:
        assert response.status_code == 201, response.text
        assert "PRIVATE KEY" in response.json()["keypair"]["private_key"]
        assert "private_key" not in member.get(f"{PATH}/{wanted}")["keypair"]
    finally:
        assert member.delete(f"{PATH}/{wanted}") == 204


def test_of_a_colleague(member: Tenant, instances: Instances, name: str) -> None:
    """A member sees it and starts a machine with it, but may not delete it."""
    assert member.get(f"{PATH}/{name}")["keypair"]["public_key"] == PUBLIC_KEY
    instance_id, _seen = instances.make_active(key_name=name)
    assert member.get_instance(instance_id)["key_name"] == name
    assert member.delete(f"{PATH}/{name}") == 403


def test_of_another_project(persona: Callable[[str], Tenant], name: str) -> None:
    """To another project it is not there."""
    assert persona("other").request("GET", f"{PATH}/{name}").status_code == 404
