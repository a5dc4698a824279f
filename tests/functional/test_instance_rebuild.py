# SPDX-License-Identifier: Apache-2.0
"""Rebuild on real services."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import openstack
import pytest

from tests.contract import check
from tests.functional.client import Client
from tests.functional.instances import Instances

JSON = dict[str, Any]


@pytest.fixture
def key_name(member: Client) -> Iterator[str]:
    """A keypair of the member's."""
    name = f"rebuild-{uuid.uuid4().hex[:8]}"
    response = member.request("POST", "/api/v1/keypairs", json={"keypair": {"name": name}})
    assert response.status_code == 201, response.text
    yield name
    member.delete(f"/api/v1/keypairs/{name}")


def rebuild(member: Client, instance_id: str, **wanted: Any) -> JSON:
    path = f"/api/v1/instances/{instance_id}/rebuild"
    response = member.request("POST", path, json={"rebuild": wanted})
    assert response.status_code == 202, response.text
    assert check("bcs", "RebuildInstance", response.json()) == []
    answered: JSON = response.json()["instance"]
    return answered


def test_rebuild(
    member: Client,
    instances: Instances,
    key_name: str,
    cloud: Callable[[str], openstack.connection.Connection],
) -> None:
    """The image changes; id, addresses and volumes stay; the keypair as it is asked for."""
    images = {image["os_info"]["distro"]: image for image in member.get("/api/v1/images")["images"]}
    rocky, ubuntu = images["rocky"], images["ubuntu"]
    size = max(rocky["min_disk"], ubuntu["min_disk"])
    instance_id, _seen = instances.make_active(
        image_id=ubuntu["id"], volumes=[{"size": size}], key_name=key_name
    )
    before = member.get_instance(instance_id)

    answered = rebuild(member, instance_id, image_id=rocky["id"])
    assert (answered["id"], answered["key_name"]) == (instance_id, key_name)
    seen = member.watch(instance_id, "active")
    assert {state for state, _billed in seen} <= {
        "Rebooting_hard",
        "Rebooting_started_hard",
        "Active",
    }
    assert all(billed for _state, billed in seen)
    after = member.get_instance(instance_id)
    assert after["image"]["id"] == rocky["id"]
    assert after["addresses"] == before["addresses"]
    assert [one["id"] for one in after["attached_volumes"]] == [
        one["id"] for one in before["attached_volumes"]
    ]
    assert after["key_name"] == key_name
    actions = member.get(f"/api/v1/instances/{instance_id}/action-logs")["actions"]
    assert actions[0]["action"] == "rebuild"

    assert rebuild(member, instance_id, image_id=rocky["id"], key_name=None)["key_name"] is None
    member.watch(instance_id, "active")
    assert member.get_instance(instance_id)["key_name"] is None

    member.request("POST", f"/api/v1/instances/{instance_id}/stop")
    member.watch(instance_id, "stopped")
    rebuild(member, instance_id, image_id=ubuntu["id"], key_name=key_name)
    member.watch(instance_id, "stopped")
    stopped = member.get_instance(instance_id)
    assert (stopped["image"]["id"], stopped["key_name"]) == (ubuntu["id"], key_name)

    member.request("POST", f"/api/v1/instances/{instance_id}/shelve")
    member.watch(instance_id, "shelved_offloaded")
    refused = member.request(
        "POST",
        f"/api/v1/instances/{instance_id}/rebuild",
        json={"rebuild": {"image_id": rocky["id"]}},
    )
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "invalid_state")
