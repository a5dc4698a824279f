# SPDX-License-Identifier: Apache-2.0
"""A retry finds what a lost request has made by the mark of the request."""

import json
import re
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.unit.bodies import RULE, SERVER, body
from tests.unit.cloud import URLS, Cloud, Request
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.fake_redis import FakeRedis
from tests.unit.operations.lost_posts import post, settle
from tests.unit.populated import answer_marked
from tests.unit.prepared import prepare
from tests.unit.requests_of import arguments_of, path_of

JSON = dict[str, Any]
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


class Forgetful:
    """A service that makes what it is asked for, and whose first answer is lost."""

    def __init__(self, cloud: Cloud, service: str, path: str, name: str, answer: JSON) -> None:
        self.made: list[JSON] = []
        self._cloud, self._service, self._path = cloud, service, path
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
        shown_at = f"{self._path}/{shown['id']}"
        self._cloud.answer("GET", self._service, shown_at, lambda *_: {self._name: shown})
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
    return "fields" in query or bool(query["description"][0] == resource["description"])


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


# Whose description can be changed: the name of the resource in a request.
DESCRIBED: Final = {
    "/api/v1/public-ips": "public_ip",
    "/api/v1/network-interfaces": "network_interface",
    "/api/v1/security-groups": "security_group",
}


@pytest.mark.parametrize("path", sorted(DESCRIBED))
@pytest.mark.parametrize("loss", ["lease", "everything"])
def test_found_after_a_change(
    admin: Caller, populated: Cloud, store: FakeRedis, path: str, loss: str
) -> None:
    """The retry finds what the lost request made, although its description has changed since."""
    service, creation, name = MARKED[path]
    prepare(populated, f"POST {path}")
    answer = lost_body(admin, populated, path, service, creation, name)
    forgetful = Forgetful(populated, service, creation, name, answer)
    assert post(admin, path).status_code == 504
    (made,) = forgetful.made
    one = f"{path}/{made['id']}"

    def change(request: Request, _context: Any) -> JSON:
        made.update(request.json()[name])
        return {name: made}

    populated.answer("PUT", service, f"{creation}/{made['id']}", change)
    changed = admin.put(one, json={DESCRIBED[path]: {"description": "other words"}})
    assert changed.status_code == 200, changed.text
    assert made["description"].startswith("other words [kic-vm ")
    settle(store) if loss == "lease" else store.values.clear()
    retry = post(admin, path)
    assert retry.status_code < 300, retry.text
    assert len(forgetful.made) == 1
    too_long = admin.put(one, json={DESCRIBED[path]: {"description": "x" * 255}})
    assert "description" in refusal(too_long, 400, "invalid_request")["message"]


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
