# SPDX-License-Identifier: Apache-2.0
"""Every operation that the gateway has is called with the SDK's typed method, and decoded."""

import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import openstack
import pytest
import requests

from tests.functional import connections
from tests.functional.client import Gateway
from tests.gosdk import images, instances, networks, volumes
from tests.gosdk.caller import JSON, Caller, User, operations

Connect = Callable[[str], openstack.connection.Connection]
FLAVOR, LARGER_FLAVOR = "t1i.micro", "t1i.small"


@pytest.fixture
def port(cloud: Connect, subnet_id: str) -> Iterator[str]:
    """A network interface of the test's own."""
    network = cloud("kic-admin").network
    made = network.create_port(network_id=network.get_subnet(subnet_id).network_id)
    yield made.id
    network.delete_port(made.id, ignore_missing=True)


@pytest.fixture
def group(cloud: Connect) -> Iterator[str]:
    """A security group of the test's own."""
    network = cloud("kic-admin").network
    made = network.create_security_group(name=f"gosdk-{uuid.uuid4().hex[:8]}")
    yield made.id
    network.delete_security_group(made.id, ignore_missing=True)


@pytest.fixture
def public_ip(cloud: Connect) -> Iterator[str]:
    """A public IP of the test's own."""
    network = cloud("kic-admin").network
    (external,) = network.networks(is_router_external=True)
    made = network.create_ip(floating_network_id=external.id)
    yield made.id
    network.delete_ip(made.id, ignore_missing=True)


@pytest.fixture
def keypair(user: User) -> Iterator[str]:
    """A keypair, looked at in each way."""
    name = f"gosdk-{uuid.uuid4().hex[:8]}"
    made = user.call("bcs.CreateKeypair", body={"keypair": {"name": name}})
    assert made["keypair"]["private_key"]
    assert user.call("bcs.GetKeypair", name)["keypair"]["name"] == name
    assert user.call("bcs.ListKeypairs", Name=name)["keypairs"]
    yield name
    user.call("bcs.DeleteKeypair", name)


def test_tokens(caller: Caller, standalone: Path) -> None:
    """A token for an application credential, and what it is worth."""
    credential = json.loads((standalone / "app-credential.json").read_text())
    identity = {
        "methods": ["application_credential"],
        "application_credential": {"id": credential["id"], "secret": credential["secret"]},
    }
    issued = caller.call("iam.IssueToken", body={"auth": {"identity": identity}})
    assert issued.is_read, issued.error
    token = issued.headers["X-Subject-Token"][0]
    checked = caller.call("iam.ValidateToken", XAuthToken=token, XSubjectToken=token)
    assert checked.is_read, checked.error


def test_client_configuration(user: User) -> None:
    """Addresses, zones and metadata."""
    user.call("config.ResolveClientEndpoint")
    user.call("config.ResolveAzPolicy")
    user.call("config.ResolveClientMetadata", Service="bcs")


def chosen(user: User) -> tuple[JSON, JSON, JSON]:
    """A flavor, a larger one, and an image."""
    flavors = {one["name"]: one for one in user.call("bcs.ListInstanceTypes")["flavors"]}
    user.call("bcs.GetInstanceType", flavors[FLAVOR]["id"])
    images = user.call("image.ListImages", ImageType="basic")["images"]
    image = min(images, key=lambda one: int(one["min_disk"]))
    user.call("image.GetImage", image["id"])
    return flavors[FLAVOR], flavors[LARGER_FLAVOR], image


def test_instances_and_volumes(
    user: User, keypair: str, subnet_id: str, port: str, group: str, public_ip: str
) -> None:
    """A machine with everything that can be at it, and every command."""
    flavor, larger, image = chosen(user)
    body = {
        "name": "gosdk",
        "image_id": image["id"],
        "flavor_id": flavor["id"],
        "subnets": [{"id": subnet_id}],
        "volumes": [{"size": max(2, image["min_disk"])}],
        "key_name": keypair,
        "security_groups": [{"name": "default"}],
    }
    with volumes.made(user) as volume_id:
        volumes.snapshots(user, volume_id)
        with instances.made(user, body) as instance_id:
            instances.look(user, instance_id)
            instances.use_volume(user, instance_id, volume_id)
            instances.use_interface(user, instance_id, port, group, public_ip)
            instances.command(user, instance_id, larger["id"], image["id"])


def test_images(user: User, cloud: Connect) -> None:
    """An image that is made of a volume with a system in it."""
    with volumes.made(user) as volume_id:
        cloud("kic-admin").block_storage.set_volume_bootable_status(volume_id, True)
        images.use(user, volume_id, connections.project_id(cloud("kic-other")))


def test_networks(user: User, cloud: Connect) -> None:
    """A VPC and all that can be in it."""
    with networks.vpc(user) as vpc_id:
        table_id = networks.route_tables(user, vpc_id)
        with (
            networks.second_route_table(user, vpc_id, table_id) as second_id,
            networks.subnet(user, vpc_id) as subnet_id,
        ):
            networks.association(user, table_id, second_id, subnet_id)
            networks.sharing(user, subnet_id, connections.project_id(cloud("kic-other")))
            with (
                networks.security_group(user) as group_id,
                networks.interface(user, subnet_id, group_id) as interface_id,
            ):
                networks.public_ip(user, interface_id)


def test_none_is_left_out(
    caller: Caller, gateway: Gateway, record_property: Callable[[str, object], None]
) -> None:
    """What the gateway describes in its OpenAPI document and the SDK has, was called above."""
    document = requests.get(f"{gateway.url}/openapi.json", timeout=30).json()
    offered = {
        name
        for name, operation in operations().items()
        if operation["method"].lower() in document["paths"].get(operation["path"], {})
    }
    read = {answer.operation for answer in caller.answers if answer.is_read}
    record_property("called", len({answer.operation for answer in caller.answers}))
    record_property("decoded", len(read))
    assert offered - read == set()
