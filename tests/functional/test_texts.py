# SPDX-License-Identifier: Apache-2.0
"""Names and descriptions on the real services: one rule for all, and kept to the letter."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import openstack
import pytest

from tests.functional.client import Client
from tests.functional.instances import Instances
from tests.functional.volumes import Volumes
from tests.texts import NO_DESCRIPTIONS, NO_NAMES, TEXTS

JSON = dict[str, Any]

TEXT_BLOCK: Final = TEXTS["text block"]
NAME: Final = "functional-texts"


@pytest.fixture
def admin(persona: Callable[[str], Client]) -> Client:
    """Who may do everything in the project."""
    return persona("kic-admin")


@pytest.fixture
def made(admin: Client) -> Iterator[Callable[..., JSON]]:
    """Make resources of the project by the gateway; they are removed after the test."""
    paths: list[str] = []

    def make(collection: str, key: str, body: JSON) -> JSON:
        answer = admin.request("POST", f"/api/v1/{collection}", json={key: body})
        assert answer.status_code in {201, 202}, answer.text
        resource: JSON = answer.json()[key]
        paths.append(f"/api/v1/{collection}/{resource['id']}")
        return resource

    yield make
    for path in reversed(paths):
        assert admin.delete(path) in {202, 204}, path


def check_texts(client: Client, path: str, key: str, *fields: str) -> None:
    """Give a resource each of the texts, in each of its fields."""
    for field in fields:
        impossible = NO_DESCRIPTIONS if field == "description" else NO_NAMES
        for label, text in TEXTS.items():
            answer = client.request("PUT", path, json={key: {field: text}})
            if label in impossible:
                assert answer.status_code == 400, (key, field, label, answer.text)
                message = answer.json()["error"]["message"]
                assert message.startswith(f"{key}.{field}: "), (label, message)
            else:
                assert answer.status_code == 200, (key, field, label, answer.text)
                shown = client.get(path)[key][field]
                assert (shown or "") == text, (key, field, label)


def test_volume_and_snapshot(admin: Client, volumes: Volumes) -> None:
    """The block storage service drops outer space, and takes no lines in a snapshot."""
    volume_id = volumes.make_available(description=TEXT_BLOCK)
    path = f"/api/v1/volumes/{volume_id}"
    assert admin.get(path)["volume"]["description"] == TEXT_BLOCK
    check_texts(admin, path, "volume", "description", "name")
    snapshot_id = volumes.snapshot(volume_id, description=TEXT_BLOCK)
    volumes.wait_for_snapshot(snapshot_id)
    path = f"/api/v1/snapshots/{snapshot_id}"
    assert admin.get(path)["snapshot"]["description"] == TEXT_BLOCK
    check_texts(admin, path, "snapshot", "description", "name")


def test_instance(admin: Client, instances: Instances) -> None:
    """The compute service takes no lines in a description."""
    instance_id, _seen = instances.make_active(name=NAME, description=TEXT_BLOCK)
    path = f"/api/v1/instances/{instance_id}"
    assert admin.get(path)["instance"]["description"] == TEXT_BLOCK
    check_texts(admin, path, "instance", "description", "name")


def test_image(admin: Client, cloud: Callable[[str], openstack.connection.Connection]) -> None:
    """The image service takes anything; so it gets what the others take."""
    glance = cloud("kic-member").image
    image_id = glance.post("/images", json={"name": NAME}).json()["id"]
    try:
        check_texts(admin, f"/api/v1/images/{image_id}", "image", "description", "name")
    finally:
        glance.delete_image(image_id)


def test_network(admin: Client, made: Callable[..., JSON], subnet_id: str) -> None:
    """The network service has a rule for ports' names alone, and takes any description."""
    group = made("security-groups", "security_group", {"name": NAME, "description": TEXT_BLOCK})
    interface = made(
        "network-interfaces",
        "network_interface",
        {
            "name": NAME,
            "description": TEXT_BLOCK,
            "subnet_id": subnet_id,
            "security_groups": [group["id"]],
        },
    )
    public_ip = made("public-ips", "public_ip", {"description": TEXT_BLOCK})
    for resource in (group, interface, public_ip):
        assert resource["description"] == TEXT_BLOCK
    check_texts(
        admin,
        f"/api/v1/security-groups/{group['id']}",
        "security_group",
        "description",
        "name",
    )
    check_texts(
        admin,
        f"/api/v1/network-interfaces/{interface['id']}",
        "network_interface",
        "description",
        "name",
    )
    check_texts(admin, f"/api/v1/public-ips/{public_ip['id']}", "public_ip", "description")
