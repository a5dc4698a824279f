# SPDX-License-Identifier: Apache-2.0
"""The copies of a keypair that its users other than the creator have in Nova."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import openstack
import requests

from kic_vm.mappings import keypairs as mapping
from tests.functional import connections
from tests.functional.client import Client
from tests.functional.instances import Instances
from tests.functional.keypairs.keypair_requests import KEYS, PATH, code, create, names

Persona = Callable[[str], Client]
Connect = Callable[[str], openstack.connection.Connection]


def launch(client: Client, subnet_id: str, key_name: str) -> requests.Response:
    """Ask for an instance that is not to be made."""
    body = client.instance_body(subnet_id) | {"key_name": key_name}
    return client.request("POST", "/api/v1/instances", json={"instance": body})


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
