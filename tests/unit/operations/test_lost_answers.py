# SPDX-License-Identifier: Apache-2.0
"""POSTs whose answer is lost on its way: a retry finds what was made, and makes nothing twice."""

from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from kic_vm import policies
from tests.unit.bodies import OWN_IMAGE, PORT, SERVER, body
from tests.unit.cloud import Cloud, Request
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.fake_redis import FakeRedis
from tests.unit.operations.lost_posts import KEY, post, settle
from tests.unit.populated import answer_marked
from tests.unit.prepared import prepare
from tests.unit.requests_of import arguments_of, path_of

JSON = dict[str, Any]
POSTS: Final = sorted(
    guarded["path"]
    for rule in policies.guarding_rules()
    for guarded in rule.operations
    if guarded["method"] == "POST" and rule.check_str != policies.base.PUBLIC
)


@pytest.fixture
def options() -> str:
    return "[redis]\nurl = redis://redis.test\n"


@pytest.mark.parametrize("path", sorted(POSTS))
@pytest.mark.parametrize(
    "exception", [requests.ReadTimeout, requests.ConnectionError], ids=["late", "cut"]
)
def test_without_a_key(
    admin: Caller, populated: Cloud, path: str, exception: type[Exception]
) -> None:
    """The answer says that the outcome is unknown, and which operation shows it."""
    prepare(populated, f"POST {path}")
    populated.lose_writes(exception)
    arguments = arguments_of("POST", path)
    answer = admin.request("POST", path_of("POST", path), **arguments)
    assert answer.status_code in {503, 504}
    error = answer.json["error"]
    assert error["outcome"] == "unknown"
    shown_by = error["shown_by"].removeprefix("GET ")
    assert path.startswith(shown_by)
    assert shown_by in error["message"]


@pytest.mark.parametrize("path", sorted(POSTS))
def test_while_it_may_still_happen(
    admin: Caller, populated: Cloud, store: FakeRedis, path: str
) -> None:
    """Until then a retry writes nothing, whatever it sees."""
    prepare(populated, f"POST {path}")
    populated.lose_writes(requests.ReadTimeout)
    assert post(admin, path).status_code == 504
    populated.forget()
    for _ in range(3):
        retry = post(admin, path)
        assert retry.status_code == 409 or retry.status_code < 300, retry.text
        if retry.status_code == 409:
            assert retry.json["error"]["code"] in {
                "idempotency_in_progress",
                "idempotency_answer_withheld",
            }
            assert 1 <= int(retry.headers.get("Retry-After", "1")) <= 30
    assert populated.writes() == []


# Nothing tells whether these were done: the one POST for which idempotency.rst says so.
CONFLICTS = {"/api/v1/volumes/{volume_id}/image": {"outcome_unknown"}}


@pytest.mark.parametrize("path", sorted(POSTS))
def test_after_it_has_settled(admin: Caller, populated: Cloud, store: FakeRedis, path: str) -> None:
    """A retry looks for what was made before it writes anything, or says that nothing tells."""
    prepare(populated, f"POST {path}")
    populated.lose_writes(requests.ReadTimeout)
    assert post(admin, path).status_code == 504
    settle(store)
    populated.forget()
    retry = post(admin, path)
    if retry.status_code == 409:
        assert retry.json["error"]["code"] in CONFLICTS.get(path, {"already_under_way"})
        assert populated.writes() == []
    elif retry.status_code >= 300:
        assert retry.status_code == 504  # nothing was found, and the answer is lost again
        methods = [
            request.method
            for request in populated.requests()
            if not request.url.endswith("/auth/tokens")
        ]
        written = next(number for number, method in enumerate(methods) if method != "GET")
        assert "GET" in methods[:written]


@pytest.mark.parametrize("path", sorted(POSTS))
def test_taken_over(admin: Caller, populated: Cloud, store: FakeRedis, path: str) -> None:
    """A process that was suspended writes nothing if another one has taken over the request."""
    prepare(populated, f"POST {path}")

    def take_over(*args: Any) -> None:
        if args[0] == "SET" and "generation" in args[1]:  # directly before the first write
            store.before = None
            (lease,) = [key for key in store.values if key.endswith(":lease")]
            store.look("SET", lease, "another", "PX", 40_000)

    store.before = take_over
    refusal(post(admin, path), 409, "idempotency_in_progress")
    assert populated.writes() == []


def test_redis_goes_down_before_a_command(
    admin: Caller, populated: Cloud, store: FakeRedis
) -> None:
    """A command of which no note can be kept is not begun."""
    actions = f"/servers/{SERVER['id']}/os-instance-actions"

    def go_down(_request: Request, _context: Any) -> JSON:
        store.is_down = True
        return body("instance_actions")

    populated.answer("GET", "nova", actions, go_down)
    refusal(post(admin, "/api/v1/instances/{instance_id}/stop"), 503, "idempotency_unavailable")
    assert populated.writes() == []


def test_some_are_there_and_a_cell_is_down(
    admin: Caller, populated: Cloud, store: FakeRedis
) -> None:
    """While a cell does not respond, nothing is said of how many instances were made."""
    path = "/api/v1/instances"
    several = {"instance": arguments_of("POST", path)["json"]["instance"] | {"count": 2}}
    populated.lose_writes(requests.ReadTimeout)
    assert admin.post(path, json=several, headers=KEY).status_code == 504
    settle(store)
    one = SERVER | {"tags": []}
    tagged = populated.requests()[-1]

    def find(request: Request, collection: str) -> JSON:
        tags = parse_qs(urlsplit(request.url).query).get("tags", [])
        return {collection: [one | {"tags": [*tags, *request_tags]}] if tags else []}

    request_tags = tagged.json()["server"]["tags"]
    answer_marked(populated, find)
    populated.answer("GET", "nova", "/servers", {"servers": [{"id": "x", "status": "UNKNOWN"}]})
    answer = admin.post(path, json=several, headers=KEY)
    refusal(answer, 503, "upstream_unavailable")


def test_group_was_attached(admin: Caller, populated: Cloud, store: FakeRedis) -> None:
    """The retry shows the groups of the interface when the lost request added the group."""
    path = (
        "/api/v1/instances/{instance_id}/network-interfaces/{network_interface_id}"
        "/security-groups/{security_group_id}"
    )
    prepare(populated, f"POST {path}")
    populated.lose_writes(requests.ReadTimeout)
    assert post(admin, path).status_code == 504
    settle(store)
    groups = populated.requests()[-1].json()["port"]["security_groups"]
    whole = {"port": PORT | {"device_id": SERVER["id"], "security_groups": groups}}
    populated.answer("GET", "neutron", f"/ports/{PORT['id']}", whole)
    populated.forget()
    retry = post(admin, path)
    assert (retry.status_code, populated.writes()) == (200, [])
    assert sorted(retry.json["security_group"]["ids"]) == sorted(groups)


def test_image(admin: Caller, populated: Cloud, store: FakeRedis) -> None:
    """Cinder marks no image: the retry says where to look, and makes no second one."""
    path = "/api/v1/volumes/{volume_id}/image"
    prepare(populated, f"POST {path}")
    populated.lose_writes(requests.ReadTimeout)
    assert post(admin, path).status_code == 504
    settle(store)
    populated.forget()
    retry = post(admin, path)
    assert (retry.status_code, retry.json["error"]["code"]) == (409, "outcome_unknown")
    assert "GET /api/v1/images" in retry.json["error"]["message"]
    assert populated.writes() == []
    assert OWN_IMAGE["id"] not in retry.text
