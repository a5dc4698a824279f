# SPDX-License-Identifier: Apache-2.0
"""Retries that do not find out whether the first request was done: they do not deny it."""

from typing import Any, Final

import pytest
import requests

from tests.unit.bodies import SERVER
from tests.unit.cloud import Cloud, Request
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.fake_redis import FakeRedis
from tests.unit.operations.lost_posts import KEY, post, settle
from tests.unit.operations.test_lost_answers import POSTS
from tests.unit.populated import answer_marked, show_server
from tests.unit.populated_networks import NEW_NETWORK
from tests.unit.prepared import prepare
from tests.unit.requests_of import arguments_of

JSON = dict[str, Any]
KEYPAIRS: Final = "/api/v1/keypairs"
CONFIRM: Final = "/api/v1/instances/{instance_id}/confirm-resize"


class Killed(BaseException):
    """The process was killed."""


@pytest.fixture
def options() -> str:
    return "[redis]\nurl = redis://redis.test\n"


@pytest.mark.parametrize("path", POSTS)
def test_services_fail(admin: Caller, populated: Cloud, store: FakeRedis, path: str) -> None:
    """While the services fail, a retry says that the outcome is unknown, at first and later."""
    prepare(populated, f"POST {path}")
    populated.lose_writes(requests.ReadTimeout)
    assert post(admin, path).status_code == 504
    for service in ("nova", "cinder", "glance", "neutron"):
        populated.take_down(service)
    assert post(admin, path).json["error"]["outcome"] == "unknown"
    settle(store)
    populated.forget()
    retry = post(admin, path)
    assert retry.status_code >= 400
    assert retry.json["error"]["outcome"] == "unknown"
    assert [call for call in populated.writes() if "keystone" not in call] == []


def test_redis_fails(admin: Caller, populated: Cloud, store: FakeRedis) -> None:
    """Without Redis, nothing is known of the first request, and nothing is said of it."""
    populated.lose_writes(requests.ReadTimeout)
    post(admin, "/api/v1/volumes")
    store.is_down = True
    error = refusal(post(admin, "/api/v1/volumes"), 503, "idempotency_unavailable")
    assert "Nothing was done" not in error["message"]
    assert "with the same key" in error["message"]


def test_refused_in_the_middle(admin: Caller, populated: Cloud, store: FakeRedis) -> None:
    """A network of the first request is there, and the rest of the VPC is refused."""
    populated.lose_write(2, requests.ReadTimeout)  # the tags of the network
    assert post(admin, "/api/v1/vpcs").status_code == 504
    mark = populated.sent("neutron", "POST")[0].json()["network"]["description"]

    def find(_request: Request, collection: str) -> JSON:
        made = [NEW_NETWORK | {"description": mark, "tags": []}]
        return {collection: made if collection == "networks" else []}

    answer_marked(populated, find)
    populated.refuse("POST", "neutron", "/routers", "neutron_409_quota_floating_ip")
    for _number in range(2):
        settle(store)
        error = refusal(post(admin, "/api/v1/vpcs"), 403, "quota_exceeded")
        assert error["outcome"] == "unknown"
        assert error["shown_by"] == "GET /api/v1/vpcs"


def test_keypair_not_begun(admin: Caller, populated: Cloud, store: FakeRedis) -> None:
    """A request that was killed before it created a keypair has not made the one that is there."""
    arguments = arguments_of("POST", KEYPAIRS)
    arguments["json"]["keypair"]["name"] = "the-same"
    assert admin.post(KEYPAIRS, **arguments).status_code == 201
    populated.forget()

    def kill(*_command: Any) -> None:
        if any(key.endswith("}") for key in store.values):  # the record of the request
            store.before = None
            raise Killed

    store.before = kill
    with pytest.raises(Killed):
        post(admin, KEYPAIRS)
    assert populated.writes() == []
    settle(store)
    refusal(post(admin, KEYPAIRS), 409, "already_exists")


def test_confirmation_not_begun(admin: Caller, populated: Cloud, store: FakeRedis) -> None:
    """A retry takes over the resize from the process that was killed before it confirmed that."""
    prepare(populated, f"POST {CONFIRM}")
    shown = {"OS-EXT-STS:vm_state": "resized", "OS-SRV-USG:launched_at": "2026-07-01T00:00:00.0"}
    populated.answer(
        "GET",
        "nova",
        f"/servers/{SERVER['id']}",
        lambda request, context: show_server(request, context, **shown),
    )

    def kill(*command: Any) -> None:
        if command[0] == "SET" and "resize-confirmation" in command[1]:
            store.before = None
            store.look(*command)
            raise Killed

    store.before = kill
    with pytest.raises(Killed):
        post(admin, CONFIRM)
    assert populated.writes() == []
    settle(store)
    other = {**KEY, "Idempotency-Key": "another"}
    path = CONFIRM.format(instance_id=SERVER["id"])
    refusal(admin.post(path, headers=other), 409, "already_under_way")
    assert post(admin, CONFIRM).status_code == 202
