# SPDX-License-Identifier: Apache-2.0
"""Conditional reads: what every GET says about its content, and 304 where the client has it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests_mock

from kic_vm import policies
from tests.unit.bodies import SERVER
from tests.unit.cloud import Cloud
from tests.unit.conftest import Answer, Caller
from tests.unit.personas import token_of
from tests.unit.populated import populate
from tests.unit.requests_of import arguments_of, path_of

JSON = dict[str, Any]

READS = [
    guarded["path"]
    for rule in policies.guarding_rules()
    for guarded in rule.operations
    # Events need Redis; test_events has them.
    if guarded["method"] == "GET" and guarded["path"] != "/api/v1/events"
]
# The answers that no client may store: those with secrets, and the state of this moment.
NOT_STORED = {
    "/identity/v3/auth/tokens",
    "/readiness",
    "/api/v1/instances/{instance_id}/password",
}
# The answers that count the seconds up to now.
GROWING = {"/api/v1/usage", "/api/v1/instances/{instance_id}/history"}
PUBLIC = {
    guarded["path"]
    for rule in policies.guarding_rules()
    for guarded in rule.operations
    if rule.check_str == policies.base.PUBLIC
}
KEPT = {"ETag", "Cache-Control", "Vary"}
INSTANCE = f"/api/v1/instances/{SERVER['id']}"


@pytest.fixture
def application(shared_application: Any) -> Any:
    """Nothing here depends on what the gateway remembers."""
    return shared_application


@pytest.fixture
def admin(caller: Callable[[str], Caller]) -> Caller:
    """A project's admin, who may read everything in it."""
    return caller("admin")


def read(who: Caller, template: str, method: str = "GET", **headers: str) -> Answer:
    """A good read of an operation, with more headers."""
    arguments = arguments_of("GET", template)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    arguments["headers"] = {**arguments.get("headers", {}), **sent}
    return who.request(method, path_of("GET", template), **arguments)


def in_one_second(reads: Callable[[], list[Answer]]) -> list[Answer]:
    """The responses to reads between two changes of the second, because some count the seconds."""
    while True:
        second = int(time.time())
        responses = reads()
        if int(time.time()) == second:
            return responses


def read_twice(who: Caller, template: str, method: str = "GET") -> list[Answer]:
    """A read, and one with the tag of the first response."""
    first = read(who, template, method)
    return [first, read(who, template, method, If_None_Match=first.headers.get("ETag", ""))]


@pytest.mark.parametrize("template", READS)
def test_every_read(admin: Caller, populated: Cloud, template: str) -> None:
    """It has a strong tag, and 304 without a body answers who has it, with the same headers."""
    first, again, changed = in_one_second(
        lambda: [*read_twice(admin, template), read(admin, template, If_None_Match='"another"')]
    )
    assert first.status_code == 200, first.text
    tag = first.headers["ETag"]
    assert tag.startswith('"')
    assert tag.endswith('"')
    assert (again.status_code, again.data) == (304, b"")
    assert {name: again.headers.get(name) for name in KEPT} == {
        name: first.headers.get(name) for name in KEPT
    }
    assert not {"Content-Type", "Content-Length", "Content-Language"} & {*dict(again.headers)}
    assert "X-Openstack-Request-Id" in again.headers
    assert (changed.status_code, changed.headers["ETag"]) == (200, tag)


@pytest.mark.parametrize("template", READS)
def test_heads(admin: Caller, populated: Cloud, template: str) -> None:
    """HEAD has the headers of GET, and is conditional as well."""
    shown, head, again = in_one_second(
        lambda: [read(admin, template), *read_twice(admin, template, "HEAD")]
    )
    assert (head.status_code, head.data) == (200, b"")
    for name in (*KEPT, "Content-Length"):
        assert head.headers.get(name) == shown.headers.get(name)
    assert again.status_code == 304


@pytest.mark.parametrize("template", READS)
def test_caching(admin: Caller, populated: Cloud, template: str) -> None:
    """Only the same user's client may store it, and has to ask each time; the docs are public."""
    response = read(admin, template)
    control = response.headers["Cache-Control"]
    if template in NOT_STORED:
        assert control == "no-store"
    elif template.startswith("/docs/"):
        assert control == "public, max-age=86400"
    else:
        assert control == "private, no-cache"
    assert ("X-Auth-Token" in response.vary) == (
        template not in PUBLIC or template == "/identity/v3/auth/tokens"
    )


@pytest.mark.parametrize(
    "header", ["W/{}", '"a", {}', '"a,b", W/{} , "c"', "*", '"", {}', 'W/"a",{}']
)
def test_lists_and_weak_tags(admin: Caller, populated: Cloud, header: str) -> None:
    """The client may name several tags or any, and the comparison is the weak one."""
    tag = admin.get(INSTANCE).headers["ETag"]
    response = admin.get(INSTANCE, headers={"If-None-Match": header.format(tag)})
    assert response.status_code == 304


@pytest.mark.parametrize("header", ["", '"', "W/", ",,,", '"a", "b"', "\xff", "a b c", '"*"'])
def test_other_tags(admin: Caller, populated: Cloud, header: str) -> None:
    """Other tags, and what is no tag at all, are answered in full."""
    assert admin.get(INSTANCE, headers={"If-None-Match": header}).status_code == 200


def test_change(admin: Caller, populated: Cloud) -> None:
    """Changed content has another tag."""
    tag = admin.get(INSTANCE).headers["ETag"]
    renamed = {"server": SERVER | {"name": "renamed"}}
    populated.answer("GET", "nova", f"/servers/{SERVER['id']}", renamed)
    response = admin.get(INSTANCE, headers={"If-None-Match": tag})
    assert response.status_code == 200
    assert response.headers["ETag"] != tag


@pytest.mark.parametrize("path", [f"{INSTANCE}0", "/api/v1/nothing", "/api/v1/instances?limit=x"])
def test_errors(admin: Caller, populated: Cloud, path: str) -> None:
    """An error has no tag, and no condition turns it into a 304."""
    response = admin.get(path, headers={"If-None-Match": "*"})
    assert response.status_code >= 400
    assert "ETag" not in response.headers
    assert response.json["error"]["code"]


@pytest.mark.parametrize("persona", ["unknown", "other", "no-role-of-ours"])
def test_rights_come_first(
    caller: Callable[[str], Caller], admin: Caller, populated: Cloud, persona: str
) -> None:
    """Who may not read gets the refusal, with a good tag too."""
    tag = admin.get(INSTANCE).headers["ETag"]
    response = caller(persona).get(INSTANCE, headers={"If-None-Match": tag})
    assert response.status_code in {401, 403, 404}


def test_writes(admin: Caller, populated: Cloud) -> None:
    """A write has no tag, and If-None-Match changes nothing of it."""
    path = f"/api/v1/instances/{SERVER['id']}"
    sent = {"json": {"instance": {"name": "renamed"}}}
    response = admin.put(path, headers={"If-None-Match": "*"}, **sent)
    assert response.status_code == 200
    assert "ETag" not in response.headers


def test_documented(anybody: Caller) -> None:
    """The OpenAPI document has the header, the tag and the 304 at every GET."""
    document = anybody.get("/openapi.json").json
    assert {"ETag", "Cache-Control", "Vary"} <= document["components"]["headers"].keys()
    for path, item in document["paths"].items():
        if "get" not in item:
            continue
        operation = item["get"]
        assert "If-None-Match" in [one["name"] for one in operation["parameters"]], path
        for status in ("200", "304"):
            assert "ETag" in operation["responses"][status]["headers"], path
        assert "content" not in operation["responses"]["304"]


_PROGRAM = """
import json, sys
from kic_vm import conf, deploy
from tests.unit.api.test_conditional_reads import tags
print(json.dumps(tags(deploy.load_app(conf.load([], sys.argv[1])))))
"""


def tags(application: Any) -> dict[str, str]:
    """The tag of every read of this process."""
    with requests_mock.Mocker() as mocker:
        populate(Cloud(mocker))
        who = Caller(application, token_of("admin"))
        stable = set(READS) - NOT_STORED - GROWING
        return {one: read(who, one).headers["ETag"] for one in stable}


def test_same_from_every_process(config_file: Any) -> None:
    """Two processes, in which sets have another order, have the same tag for everything."""
    found = [
        json.loads(
            subprocess.run(
                [sys.executable, "-c", _PROGRAM, str(config_file)],
                env={**os.environ, "PYTHONHASHSEED": seed},
                check=True,
                capture_output=True,
            ).stdout
        )
        for seed in ("1", "2")
    ]
    assert found[0] == found[1]
