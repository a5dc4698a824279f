# SPDX-License-Identifier: Apache-2.0
"""Keypairs of a project on real services: everybody's to use, their creator's to delete."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import openstack
import pytest

from kic_vm.mappings import keypairs as mapping
from tests.contract import check
from tests.functional import connections
from tests.functional.client import KEY_PREFIX, Client, Gateway
from tests.functional.keypairs.keypair_requests import KEYS, PATH, code, create, names

Persona = Callable[[str], Client]
Connect = Callable[[str], openstack.connection.Connection]


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
