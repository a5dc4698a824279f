# SPDX-License-Identifier: Apache-2.0
"""Which paths lead to an operation; tricks with them lead nowhere."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.unit.bodies import INSTANCE, SERVER
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.nova_keypairs import NovaKeypairs
from tests.unit.personas import USER

ID = SERVER["id"]
PROJECT_CODE = SERVER["key_name"].split("-")[1]


@pytest.fixture
def application(shared_application: Any) -> Any:
    """Nothing here depends on what the gateway remembers."""
    return shared_application


def test_unknown_path(member: Caller, anybody: Caller) -> None:
    """It is 404 to who has a token, and 401 to who has none."""
    error = refusal(member.get("/api/v1/nothing"), 404, "no_such_path")
    assert "/openapi.json" in error["message"]
    refusal(anybody.get("/api/v1/nothing"), 401, "unauthorized")


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("DELETE", "/api/v1/flavors", ["GET", "HEAD"]),
        ("PATCH", INSTANCE, ["DELETE", "GET", "HEAD", "PUT"]),
        ("GET", f"{INSTANCE}/stop", ["POST"]),
        ("OPTIONS", f"{INSTANCE}/stop", ["POST"]),
        ("TRACE", "/healthcheck", ["GET", "HEAD"]),
        ("PUT", "/identity/v3/auth/tokens", ["GET", "HEAD", "POST"]),
    ],
)
def test_wrong_method(member: Caller, method: str, path: str, allow: list[str]) -> None:
    """It is 405, and the header Allow lists the right ones."""
    response = member.request(method, path)
    refusal(response, 405, "method_not_allowed")
    assert sorted(response.headers["Allow"].split(", ")) == allow


def test_head(member: Caller, anybody: Caller, populated: Cloud) -> None:
    """HEAD is a GET without the body, and needs what the GET needs."""
    response = member.request("HEAD", INSTANCE)
    assert (response.status_code, response.data) == (200, b"")
    assert anybody.request("HEAD", INSTANCE).status_code == 401
    assert anybody.request("HEAD", "/healthcheck").status_code == 200


def test_trailing_slash(member: Caller, populated: Cloud) -> None:
    """It makes no difference, and no detour."""
    assert member.get("/api/v1/instances/").json == member.get("/api/v1/instances").json
    assert member.get(f"{INSTANCE}/").json == member.get(INSTANCE).json


@pytest.mark.parametrize(
    "path",
    [
        f"/api/v1/instances/..%2Fflavors%2F{ID}",
        f"/api/v1/instances/{ID}%2Fstop",
        f"/api/v1/instances/{ID}/../{ID}/stop",
        f"/api/v1/instances//{ID}",
        f"//api/v1/instances/{ID}/stop",
        f"/api/v1//instances/{ID}",
        f"/api/v1/instances/{ID}/stop/../../{ID}",
        f"/api/v1/instances/{ID}/stop%00",
        f"/api/v1/instances/{ID}/stop;x=1",
        f"/healthcheck/../api/v1/instances/{ID}",
        f"/healthcheck%2F..%2Fapi%2Fv1%2Finstances%2F{ID}",
        f"/api/v1/INSTANCES/{ID}",
        f"/api/v1/instances/{ID}/Stop",
    ],
)
def test_tricks(reader: Caller, anybody: Caller, populated: Cloud, path: str) -> None:
    """Neither a reader nor anybody gets an answer, and nothing is asked of OpenStack."""
    for method in ("GET", "POST", "DELETE"):
        assert reader.request(method, path).status_code in {403, 404, 405}
        assert anybody.request(method, path).status_code == 401
    assert populated.calls() == []


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_method_override(reader: Caller, populated: Cloud, header: str) -> None:
    """Headers that name another method change nothing."""
    assert reader.get(INSTANCE, headers={header: "DELETE"}).status_code == 200
    assert reader.get(INSTANCE, query_string={"_method": "DELETE"}).status_code == 200
    refusal(reader.delete(INSTANCE, headers={header: "GET"}), 403, "forbidden")
    assert populated.writes() == []


@pytest.mark.parametrize(
    "header", ["X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Prefix", "X-Script-Name"]
)
def test_path_override(anybody: Caller, populated: Cloud, header: str) -> None:
    """Headers that name another path change nothing."""
    response = anybody.get("/healthcheck", headers={header: INSTANCE})
    assert response.json == {"status": "ok"}
    refusal(anybody.get(INSTANCE, headers={header: "/healthcheck"}), 401, "unauthorized")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize(
    "identifier",
    ["1", "detail", "..", "%2e%2e", ID[:-1], f"{ID}0", f"{ID}%0a", "%20", f"{ID}?x", f"{{{ID}}}"],
)
def test_ids_that_are_none(member: Caller, populated: Cloud, method: str, identifier: str) -> None:
    """What is no UUID is 404, before it gets into a path of OpenStack."""
    path = f"/api/v1/instances/{identifier.replace('?', '%3F')}"
    response = member.request(method, path, json=None if method != "PUT" else {})
    assert response.status_code == 404, response.text
    assert populated.calls() == []


@pytest.mark.parametrize("kind", ["flavors", "images"])
def test_ids_of_other_kinds(member: Caller, populated: Cloud, kind: str) -> None:
    """The same for flavors and images."""
    refusal(member.get(f"/api/v1/{kind}/detail"), 404, "not_found")
    assert populated.calls() == []


def test_names_are_quoted(member: Caller, cloud: Cloud) -> None:
    """A keypair's name cannot lead out of its place in Nova's path."""
    name = f"kic-{PROJECT_CODE}-a?b#c&d"
    NovaKeypairs(cloud).add(USER, name)
    cloud.refuse("GET", "nova", f"/os-keypairs/{quote(name)}", "nova_404_keypair")
    refusal(member.get("/api/v1/keypairs/a%3Fb%23c%26d"), 404, "not_found")
    sent = cloud.sent("nova")[-1]
    assert sent.url.endswith(f"/os-keypairs/kic-{PROJECT_CODE}-a%3Fb%23c%26d")
