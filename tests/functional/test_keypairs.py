# SPDX-License-Identifier: Apache-2.0
"""Keypairs of a project on real services: everybody's to use, their creator's to delete."""

import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import openstack
import pytest
import requests

from kic_vm.mappings import keypairs as mapping
from tests.contract import check
from tests.functional import connections
from tests.functional.client import JSON, KEY_PREFIX, Client, Gateway
from tests.functional.instances import Instances

PATH = "/api/v1/keypairs"
KEYS = {
    "ed25519": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBeFfmGHBnEWfMnOjbcZGcqAk2jbmcf5q7Wq6nTuYJwP f",
    "ecdsa": (
        "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBNlxUhg6akok"
        "CPPhVk8vav64Ik/nKnwb9qfqlr7lgKN/o+PaxOX96a0RHJh6+0rL8+9rU891b4cn13aHmyGdQjw= f"
    ),
    "rsa": (
        "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQCztIQ0H2dZx6erPmpK1cOY6zDZ+PRGGvwmyMrGu5iaJ5fU"
        "SBwL6X4jVlPs7ha1CNZARoow9OQimAQ+djqKPvmit4THAULmhpk0Vqk49bofeVSxuq5pSiZsrQq4nZbGFXII"
        "irh/qqCSrdkS+4nRdRWvyeHeCxtyoJzabrEzy72SeQBNLvvfeUlo6PYYt21/1Hvu2TkOyWsOZyS26Mxub+am"
        "68lTj3wePsO5gRglTXXNW5mOJd+iAPAawguLmK4tGvynFvdrpWDoIAA21/fvef4ZPpjdgUMUdUNeJ1OByyNb"
        "Yr56Gx19R5s1DIa2Z2k/4J+Juv4B2RUzXjqGOXp3R1vx f"
    ),
}
Persona = Callable[[str], Client]
Connect = Callable[[str], openstack.connection.Connection]


@pytest.fixture
def name(persona: Persona) -> Iterator[str]:
    """A name of the test's own; whoever has made a keypair of it deletes it."""
    made = f"functional-{uuid.uuid4().hex[:8]}"
    yield made
    for who in ("kic-member", "kic-member2", "kic-admin"):
        persona(who).delete(f"{PATH}/{made}")


def create(client: Client, name: str, public_key: str | None = None) -> requests.Response:
    wanted = {"name": name} | ({"public_key": public_key} if public_key else {})
    return client.request("POST", PATH, json={"keypair": wanted})


def names(client: Client, name: str) -> list[str]:
    return [one["name"] for one in client.get(PATH, name=name)["keypairs"]]


def launch(client: Client, subnet_id: str, key_name: str) -> requests.Response:
    """Ask for an instance that is not to be made."""
    body = client.instance_body(subnet_id) | {"key_name": key_name}
    return client.request("POST", "/api/v1/instances", json={"instance": body})


def code(response: requests.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


@pytest.mark.parametrize("kind", sorted(KEYS))
def test_kinds_of_keys(persona: Persona, name: str, kind: str) -> None:
    """Each kind of public key comes back as it was given."""
    response = create(persona("kic-member"), name, KEYS[kind])
    assert response.status_code == 201, response.text
    shown = persona("kic-member").get(f"{PATH}/{name}")
    assert check("bcs", "GetKeypair", shown) == []
    assert shown["keypair"]["public_key"] == KEYS[kind]


def test_generated_key(persona: Persona, name: str) -> None:
    """An RSA key that Nova makes comes with its private half, once."""
    made = create(persona("kic-member"), name).json()["keypair"]
    assert made["public_key"].startswith("ssh-rsa ")
    assert "PRIVATE KEY" in made["private_key"]
    assert "private_key" not in persona("kic-member").get(f"{PATH}/{name}")["keypair"]


def test_every_member_sees_it(persona: Persona, name: str) -> None:
    """Members, admin and readers do, each the same; another project does not."""
    create(persona("kic-member"), name, KEYS["ed25519"])
    own = persona("kic-member").get(f"{PATH}/{name}")
    for who in ("kic-member2", "kic-admin", "kic-reader"):
        assert persona(who).get(f"{PATH}/{name}") == own
        assert names(persona(who), name) == [name]
    assert names(persona("kic-other"), name) == []
    assert code(persona("kic-other").request("GET", f"{PATH}/{name}")) == (404, "not_found")


def test_only_the_creator_deletes(persona: Persona, name: str) -> None:
    """Not a colleague, not the project's admin."""
    create(persona("kic-member"), name)
    for who in ("kic-member2", "kic-admin"):
        refused = persona(who).request("DELETE", f"{PATH}/{name}")
        assert code(refused) == (403, "not_the_creator")
    assert persona("kic-member").delete(f"{PATH}/{name}") == 204
    for who in ("kic-member", "kic-member2"):
        assert code(persona(who).request("GET", f"{PATH}/{name}")) == (404, "not_found")


def test_use_by_a_colleague(
    persona: Persona, name: str, instances: Instances, subnet_id: str, cloud: Connect
) -> None:
    """The instance gets the same public key; the copy goes with the keypair."""
    create(persona("kic-admin"), name, KEYS["ed25519"])
    instance_id = instances.make(key_name=name)
    assert persona("kic-member").get_instance(instance_id)["key_name"] == name
    server = cloud("kic-member").compute.get_server(instance_id)
    copies = {one.name: one.public_key for one in cloud("kic-member").compute.keypairs()}
    assert copies[server.key_name] == KEYS["ed25519"]
    assert persona("kic-admin").delete(f"{PATH}/{name}") == 204
    assert server.key_name not in {one.name for one in cloud("kic-member").compute.keypairs()}


def test_replaced_in_nova(
    persona: Persona, name: str, instances: Instances, subnet_id: str, cloud: Connect
) -> None:
    """Its creator may replace it; a colleague who has used it gets no other key unasked."""
    create(persona("kic-admin"), name, KEYS["ed25519"])
    instances.make(key_name=name)
    before = persona("kic-member").get(f"{PATH}/{name}")["keypair"]["fingerprint"]
    admin, member = cloud("kic-admin"), cloud("kic-member")
    in_nova = mapping.nova_name(connections.project_id(member), name)
    admin.compute.delete_keypair(in_nova)
    admin.compute.create_keypair(name=in_nova, public_key=KEYS["ecdsa"])
    now = persona("kic-member").get(f"{PATH}/{name}")["keypair"]["fingerprint"]
    assert now != before
    refused = launch(persona("kic-member"), subnet_id, name)
    assert code(refused) == (409, "keypair_changed")
    error = refused.json()["error"]
    assert (error["fingerprint"], error["used_fingerprint"]) == (now, before)
    project_id, admin_id = connections.project_id(member), connections.user_id(admin)
    copy = mapping.copy_name(project_id, admin_id, name)
    assert member.compute.find_keypair(copy, ignore_missing=False).public_key == KEYS["ed25519"]
    # By way of the gateway it is renewed for everybody.
    assert persona("kic-admin").delete(f"{PATH}/{name}") == 204
    create(persona("kic-admin"), name, KEYS["ecdsa"])
    instances.make(key_name=name)
    assert member.compute.find_keypair(copy, ignore_missing=False).public_key == KEYS["ecdsa"]


def test_name_that_only_looks_like_a_copy(persona: Persona, name: str, cloud: Connect) -> None:
    """What a member calls a keypair in Nova fails nobody's list."""
    create(persona("kic-admin"), name, KEYS["ed25519"])
    nova = cloud("kic-member").compute
    code = mapping.nova_name(connections.project_id(cloud("kic-member")), "").removeprefix("kic-")
    nova.create_keypair(name=f"kic2-{code}a", public_key=KEYS["ecdsa"])
    try:
        create(persona("kic-member"), f"{name}-2")  # so that the index is made anew
        persona("kic-member").delete(f"{PATH}/{name}-2")
        for who in ("kic-member", "kic-reader"):
            assert names(persona(who), name) == [name]
    finally:
        nova.delete_keypair(f"kic2-{code}a")


def test_copy_without_an_original(
    persona: Persona, name: str, standalone: Path, cloud: Connect
) -> None:
    """It brings nothing back; the operator's command removes it, and nothing that is in use."""
    create(persona("kic-admin"), name, KEYS["ed25519"])
    admin, member = cloud("kic-admin"), cloud("kic-member")
    project_id, admin_id = connections.project_id(member), connections.user_id(admin)
    gone, good = (mapping.copy_name(project_id, admin_id, one) for one in (f"{name}-2", name))
    for copy in (gone, good):
        member.compute.create_keypair(name=copy, public_key=KEYS["ed25519"])
    try:
        assert names(persona("kic-member"), name) == [name]
        command = [sys.executable, "-m", "kic_vm.cmd.manage", "keypairs", "reindex"]
        config = ["--config-file", str(standalone / "kic-vm.conf")]
        done = subprocess.run(
            [*command, *config, "--project", project_id],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        found, summary = done.stdout.splitlines()
        assert found.startswith(f"{project_id}: ")
        assert summary == "1 projects have keypairs."
        left = {one.name for one in member.compute.keypairs()}
        assert good in left
        assert gone not in left
    finally:
        for copy in (gone, good):
            member.compute.delete_keypair(copy)


def test_same_name_at_the_same_moment(persona: Persona, name: str, cloud: Connect) -> None:
    """Of several members one gets it, and the others have nothing left in Nova."""
    people = [persona(who) for who in ("kic-member", "kic-member2", "kic-admin")]
    with ThreadPoolExecutor(max_workers=len(people)) as pool:
        statuses = list(pool.map(lambda who: create(who, name).status_code, people))
    assert sorted(statuses) == [201, 409, 409]
    left = [
        one.name
        for who in ("kic-member", "kic-member2", "kic-admin")
        for one in cloud(who).compute.keypairs()
        if one.name.endswith(name)
    ]
    assert len(left) == 1


def test_index_that_is_lost(persona: Persona, name: str, gateway: Gateway) -> None:
    """Nobody notices when Redis loses everything."""
    create(persona("kic-member"), name)
    keys = list(gateway.redis.scan_iter(f"{KEY_PREFIX}keypairs*"))
    assert keys
    gateway.redis.delete(*keys)
    assert names(persona("kic-member2"), name) == [name]
    assert persona("kic-member2").get(f"{PATH}/{name}")["keypair"]["name"] == name


def test_native_keypair(persona: Persona, name: str, cloud: Connect, subnet_id: str) -> None:
    """One that a user makes in Nova is none of the project's; an instance shows it all the same."""
    nova = cloud("kic-member").compute
    nova.create_keypair(name=name, public_key=KEYS["ed25519"])
    try:
        assert names(persona("kic-member"), name) == []
        assert create(persona("kic-member2"), name).status_code == 201
        assert persona("kic-member").get(f"{PATH}/{name}")["keypair"]["user_id"] == (
            cloud("kic-member2").current_user_id
        )
    finally:
        nova.delete_keypair(name)


def test_planted_by_a_reader(persona: Persona, name: str, cloud: Connect) -> None:
    """The project's name in Nova makes no keypair of the project, and takes no name."""
    reader = cloud("kic-reader").compute
    in_nova = mapping.nova_name(connections.project_id(cloud("kic-reader")), name)
    reader.create_keypair(name=in_nova, public_key=KEYS["ecdsa"])
    try:
        for who in ("kic-reader", "kic-member", "kic-admin"):
            assert names(persona(who), name) == []
            assert code(persona(who).request("GET", f"{PATH}/{name}")) == (404, "not_found")
        assert create(persona("kic-member"), name, KEYS["ed25519"]).status_code == 201
        shown = persona("kic-reader").get(f"{PATH}/{name}")["keypair"]
        assert shown["public_key"] == KEYS["ed25519"]
    finally:
        reader.delete_keypair(in_nova)


def test_many_planted_names(persona: Persona, name: str, cloud: Connect, gateway: Gateway) -> None:
    """Names of what never was cost no call each when the index is made anew."""
    member = cloud("kic-member")
    project_id = connections.project_id(member)
    planted = [mapping.copy_name(project_id, f"{number:032x}", name) for number in range(40)]
    create(persona("kic-admin"), name, KEYS["ed25519"])
    try:
        for copy in planted:
            member.compute.create_keypair(name=copy, public_key=KEYS["ecdsa"])
        gateway.redis.delete(*gateway.redis.scan_iter(f"{KEY_PREFIX}keypairs*"))
        shown = persona("kic-reader").get(f"{PATH}/{name}")["keypair"]
        assert shown["public_key"] == KEYS["ed25519"]
        calls = int(gateway.access_lines(f"{PATH}/{{keypair_name}}")[-1]["upstream_calls"])
        assert calls < 20
    finally:
        for copy in planted:
            member.compute.delete_keypair(copy)


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
