# SPDX-License-Identifier: Apache-2.0
"""Keypairs of former members: usable as they were, whatever their creators do in Nova."""

import uuid
from collections.abc import Callable, Iterator

import openstack
import pytest

from kic_vm.mappings import keypairs as mapping
from tests.contract import check
from tests.functional import connections
from tests.functional.client import JSON, KEY_PREFIX, Client, Gateway
from tests.functional.instances import Instances
from tests.functional.keypairs.keypair_requests import KEYS, PATH, code, create, names

Persona = Callable[[str], Client]
Connect = Callable[[str], openstack.connection.Connection]


class FormerMember:
    """A user who makes a keypair in the demo project, and then has another project only."""

    def __init__(self, cloud: Connect, gateway: Gateway, name: str) -> None:
        self.operator, member = cloud("kic-operator"), cloud("kic-member")
        self.project_id = str(member.current_project_id)
        self.name = name
        self._identity = connections.identity(self.operator)
        domain = self._identity.get_project(self.project_id).domain_id
        password = uuid.uuid4().hex
        self.user = self._identity.create_user(name=name, domain_id=domain, password=password)
        role = self._identity.find_role("member", ignore_missing=False).id
        elsewhere = str(cloud("kic-other").current_project_id)
        for project_id in (self.project_id, elsewhere):
            self._identity.assign_project_role_to_user(
                project=project_id, user=self.user.id, role=role
            )
        self._role: JSON = {"project": self.project_id, "user": self.user.id, "role": role}
        here, self.elsewhere = (
            openstack.connect(
                auth_url=member.config.auth["auth_url"],
                username=name,
                password=password,
                project_id=project_id,
                user_domain_id=domain,
                region_name=member.config.region_name,
            )
            for project_id in (self.project_id, elsewhere)
        )
        self.client = Client(gateway.url, here.auth_token)
        self.in_nova = mapping.nova_name(self.project_id, name)

    def remove(self) -> None:
        """Take the role in the demo project."""
        self._identity.unassign_project_role_from_user(**self._role)

    def replace(self) -> None:
        """Replace the keypair in Nova, with the token for the other project."""
        self.elsewhere.compute.delete_keypair(self.in_nova)
        self.elsewhere.compute.create_keypair(name=self.in_nova, public_key=KEYS["ecdsa"])


@pytest.fixture
def former(cloud: Connect, gateway: Gateway, name: str) -> Iterator[FormerMember]:
    """A member who has made a keypair; the test removes the member."""
    made = FormerMember(cloud, gateway, name)
    yield made
    made.operator.compute.delete_keypair(made.in_nova, user_id=made.user.id)
    made.operator.identity.delete_user(made.user.id)


@pytest.mark.parametrize("memory", ["copies", "index"])
def test_former_member_who_replaces_the_key(
    persona: Persona,
    cloud: Connect,
    gateway: Gateway,
    former: FormerMember,
    instances: Instances,
    name: str,
    memory: str,
) -> None:
    """Nothing that a former member does in Nova changes the project's keypair."""
    assert create(former.client, name, KEYS["ed25519"]).status_code == 201
    member = cloud("kic-member")
    copy = mapping.copy_name(former.project_id, former.user.id, name)
    if memory == "copies":
        instances.make(key_name=name)
    else:
        assert names(persona("kic-reader"), name) == [name]
    former.remove()
    former.replace()
    if memory == "copies":
        gateway.redis.delete(*gateway.redis.scan_iter(f"{KEY_PREFIX}keypairs*"))
    else:
        create(persona("kic-member"), f"{name}-2")  # what changes the index
        persona("kic-member").delete(f"{PATH}/{name}-2")
    for who in ("kic-reader", "kic-member", "kic-admin"):
        shown = persona(who).get(f"{PATH}/{name}")["keypair"]
        assert (shown["user_id"], shown["public_key"]) == (former.user.id, KEYS["ed25519"])
        assert check("bcs", "GetKeypair", {"keypair": shown}) == []
    instances.make(key_name=name)
    assert member.compute.find_keypair(copy, ignore_missing=False).public_key == KEYS["ed25519"]
    assert code(create(persona("kic-admin"), name)) == (409, "already_exists")
    refused = persona("kic-member").request("DELETE", f"{PATH}/{name}")
    assert code(refused) == (403, "not_the_creator")
    assert persona("kic-admin").delete(f"{PATH}/{name}") == 204
    gateway.redis.delete(*gateway.redis.scan_iter(f"{KEY_PREFIX}keypairs*"))
    for who in ("kic-member", "kic-reader"):
        assert names(persona(who), name) == []
    assert member.compute.find_keypair(copy) is None
    assert (
        former.elsewhere.compute.find_keypair(former.in_nova, ignore_missing=False).public_key
        == KEYS["ecdsa"]
    )


def test_name_that_a_member_plants(
    persona: Persona,
    cloud: Connect,
    gateway: Gateway,
    former: FormerMember,
    instances: Instances,
    subnet_id: str,
    name: str,
) -> None:
    """When the index is lost, a newer keypair with the name makes nobody use its key."""
    assert create(former.client, name, KEYS["ed25519"]).status_code == 201
    instances.make(key_name=name)
    former.remove()
    admin = cloud("kic-admin").compute
    admin.create_keypair(name=former.in_nova, public_key=KEYS["ecdsa"])
    try:
        gateway.redis.delete(*gateway.redis.scan_iter(f"{KEY_PREFIX}keypairs*"))
        shown = persona("kic-reader").get(f"{PATH}/{name}")["keypair"]
        assert (shown["user_id"], shown["public_key"]) == (former.user.id, KEYS["ed25519"])
        wanted = persona("kic-admin").instance_body(subnet_id) | {"key_name": name}
        refused = persona("kic-admin").request(
            "POST", "/api/v1/instances", json={"instance": wanted}
        )
        assert code(refused) == (409, "keypair_changed")
        assert len(refused.json()["error"]["fingerprints"]) == 2
        instances.make(key_name=name)
        assert persona("kic-admin").delete(f"{PATH}/{name}") == 204
        shown = persona("kic-reader").get(f"{PATH}/{name}")["keypair"]
        assert shown["public_key"] == KEYS["ecdsa"]
    finally:
        admin.delete_keypair(former.in_nova)


def test_removed_member_with_a_token(
    persona: Persona, former: FormerMember, instances: Instances, name: str
) -> None:
    """While the gateway still takes the token, a removed member deletes and makes nothing."""
    assert create(former.client, name, KEYS["ed25519"]).status_code == 201
    instances.make(key_name=name)
    former.client.get(f"{PATH}/{name}")
    former.remove()
    for response in (
        former.client.request("DELETE", f"{PATH}/{name}"),
        create(former.client, f"{name}-2", KEYS["ecdsa"]),
    ):
        assert response.status_code in {401, 403}, response.text
    assert names(persona("kic-member"), name) == [name]
    instances.make(key_name=name)
    assert persona("kic-admin").delete(f"{PATH}/{name}") == 204
