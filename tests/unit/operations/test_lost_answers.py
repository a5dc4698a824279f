# SPDX-License-Identifier: Apache-2.0
"""POSTs whose answer is lost on its way: a retry finds what was made, and makes nothing twice."""

import json
import re
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from kic_vm import policies
from tests.unit.bodies import OWN_IMAGE, PORT, RULE, SERVER, body
from tests.unit.cloud import URLS, Cloud, Request
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.fake_redis import FakeRedis
from tests.unit.populated import answer_marked
from tests.unit.prepared import prepare
from tests.unit.requests_of import arguments_of, path_of

JSON = dict[str, Any]

KEY: Final = {"Idempotency-Key": "5b1d53a5-6a0b-4d6c-9a5c-000000000001"}
POSTS: Final = sorted(
    guarded["path"]
    for rule in policies.guarding_rules()
    for guarded in rule.operations
    if guarded["method"] == "POST" and rule.check_str != policies.base.PUBLIC
)
# What carries a mark of its request: the call that creates it, and its name in that call.
MARKED: Final = {
    "/api/v1/instances": ("nova", "/servers", "server"),
    "/api/v1/volumes": ("cinder", "/volumes", "volume"),
    "/api/v1/snapshots/{snapshot_id}/restore": ("cinder", "/volumes", "volume"),
    "/api/v1/volumes/{volume_id}/snapshots": ("cinder", "/snapshots", "snapshot"),
    "/api/v1/public-ips": ("neutron", "/floatingips", "floatingip"),
    "/api/v1/instances/{instance_id}/network-interfaces/{network_interface_id}/public-ips": (
        "neutron",
        "/floatingips",
        "floatingip",
    ),
    "/api/v1/network-interfaces": ("neutron", "/ports", "port"),
    "/api/v1/security-groups": ("neutron", "/security-groups", "security_group"),
    "/api/v1/vpcs": ("neutron", "/networks", "network"),
    "/api/v1/subnets": ("neutron", "/subnets", "subnet"),
    "/api/v1/route-tables": ("neutron", "/routers", "router"),
}


@pytest.fixture
def options() -> str:
    return "[redis]\nurl = redis://redis.test\n"


@pytest.fixture
def admin(store: FakeRedis, caller: Callable[[str], Caller]) -> Caller:
    """Who may do everything in the project."""
    return caller("admin")


def post(who: Caller, path: str) -> Any:
    """A good request, always the same one, with the key."""
    arguments = arguments_of("POST", path)
    arguments["headers"] = {**arguments.get("headers", {}), **KEY}
    if path == "/api/v1/keypairs":
        arguments["json"]["keypair"]["name"] = "the-same"
    return who.request("POST", path_of("POST", path), **arguments)


def settle(store: FakeRedis) -> None:
    """Let the time pass in which a service may still act on a request that it did not answer."""
    for key in list(store.values):
        if key.endswith(":lease"):
            del store.values[key]


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


class Forgetful:
    """A service that makes what it is asked for, and whose first answer is lost."""

    def __init__(self, cloud: Cloud, service: str, path: str, name: str, answer: JSON) -> None:
        self.made: list[JSON] = []
        self._name = name
        self._answer = answer
        self.is_losing = True
        cloud.answer("POST", service, path, self._make)
        answer_marked(cloud, self._find)

    def _make(self, request: Request, context: Any) -> JSON:
        context.status_code = 201
        sent = request.json()[self._name]
        shown = self._answer | {
            field: sent[field] for field in ("tags", "metadata", "description") if field in sent
        }
        self.made.append(shown)
        if self.is_losing:
            self.is_losing = False
            raise requests.ReadTimeout
        return {self._name: shown}

    def _find(self, request: Request, collection: str) -> JSON:
        query = parse_qs(urlsplit(request.url).query)
        return {collection: [resource for resource in self.made if _has(resource, query)]}


def _has(resource: JSON, query: dict[str, list[str]]) -> bool:
    if "tags" in query:
        return query["tags"][0] in resource["tags"]
    if "metadata" in query:
        return bool(json.loads(query["metadata"][0]).items() <= resource["metadata"].items())
    return bool(query["description"][0] == resource["description"])


@pytest.mark.parametrize("path", sorted(MARKED))
@pytest.mark.parametrize("loss", ["nothing", "lease", "everything"])
def test_found_by_its_mark(
    admin: Caller, populated: Cloud, store: FakeRedis, path: str, loss: str
) -> None:
    """The retry answers with what the lost request made, also when Redis has lost everything."""
    service, creation, name = MARKED[path]
    prepare(populated, f"POST {path}")
    answer = lost_body(admin, populated, path, service, creation, name)
    forgetful = Forgetful(populated, service, creation, name, answer)
    assert post(admin, path).status_code == 504
    if loss == "lease":
        settle(store)
    elif loss == "everything":
        store.values.clear()
    retry = post(admin, path)
    if retry.status_code == 409:  # a later part of it is missing, and may still come
        assert retry.json["error"]["code"] == "idempotency_in_progress"
        settle(store)
        retry = post(admin, path)
    assert retry.status_code < 300, retry.text
    assert len(forgetful.made) == 1
    assert forgetful.made[0]["id"] in retry.text
    again = post(admin, path)
    assert (again.status_code, len(forgetful.made)) == (retry.status_code, 1)
    assert "kic-vm" not in retry.text


def lost_body(who: Caller, cloud: Cloud, path: str, service: str, creation: str, name: str) -> JSON:
    """What the service shows of the thing that a request makes."""
    if service == "nova":
        created: JSON = SERVER | body("server_created")["server"]
        return created
    answers = {
        "/volumes": body("volume_created"),
        "/snapshots": body("snapshot_created"),
        "/floatingips": body("floating_ip_associated"),
    }
    if creation in answers:
        shown: JSON = answers[creation][name]
        return shown
    cloud.forget()
    who.request("POST", path_of("POST", path), **arguments_of("POST", path))
    pattern = re.compile(re.escape(URLS[service] + creation) + "$")
    return next(
        requests.post(request.url, json=request.json(), timeout=1).json()[name]
        for request in cloud.sent(service, "POST")
        if pattern.match(request.url)
    )


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


def test_unfinished_group(admin: Caller, populated: Cloud, store: FakeRedis) -> None:
    """The retry removes the rules that Neutron puts into a new group, as the lost request would."""
    path = "/api/v1/security-groups"
    group = body("security_group")["security_group"]
    rule = RULE | {
        "direction": "egress",
        "protocol": None,
        "remote_ip_prefix": None,
        "remote_group_id": None,
        "port_range_min": None,
        "created_at": group["created_at"],
    }
    group |= {"security_group_rules": [rule]}
    Forgetful(populated, "neutron", "/security-groups", "security_group", group)
    assert post(admin, path).status_code == 504
    settle(store)
    populated.forget()
    retry = post(admin, path)
    assert retry.status_code == 201, retry.text
    assert retry.json["security_group"]["rules"] == []
    assert populated.writes() == [f"DELETE neutron /security-group-rules/{RULE['id']}"]


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
