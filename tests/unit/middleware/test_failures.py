# SPDX-License-Identifier: Apache-2.0
"""Failures behind the gateway, and of the gateway itself: named, without a word of the backend."""

from typing import Any

import pytest
import requests

from kic_vm.adapters.service import Service
from tests.unit.bodies import FLAVOR, INSTANCE, SERVER, body, error
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.requests_of import arguments_of

FLAVORS = "/api/v1/flavors"


@pytest.mark.parametrize(
    ("status", "expected", "code"),
    [
        (500, 502, "upstream_error"),
        (501, 502, "upstream_error"),
        (502, 502, "upstream_error"),
        (503, 503, "upstream_unavailable"),
        (504, 504, "upstream_timeout"),
        (429, 503, "upstream_unavailable"),
    ],
)
def test_failing_service(
    member: Caller, cloud: Cloud, status: int, expected: int, code: str
) -> None:
    """A failing service is 502, 503 or 504, with its name in the error, never 500."""
    fault = {"computeFault": {"code": status, "message": "Unexpected API Error. <class 'DBError'>"}}
    cloud.answer("GET", "nova", "/flavors/detail", fault, status)
    failed = refusal(member.get(FLAVORS), expected, code)
    assert failed["service"] == "compute"
    assert "compute" in failed["message"]
    assert "DBError" not in str(failed)


@pytest.mark.parametrize("operation", ["GET /api/v1/volumes", "POST /api/v1/volumes"])
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after(member: Caller, populated: Cloud, operation: str, status: int) -> None:
    """What a busy service says of the next try reaches the caller, of reads and of writes."""
    method, path = operation.split(" ")
    headers = {"Retry-After": "17"}
    populated.answer("POST", "cinder", "/volumes", {}, status, headers=headers)
    populated.answer("GET", "cinder", "/volumes/detail", {}, status, headers=headers)
    response = member.request(method, path, **arguments_of(method, path))
    assert refusal(response, 503, "upstream_unavailable")["service"] == "block-storage"
    assert response.headers["Retry-After"] == "17"


@pytest.mark.parametrize(
    ("exception", "status", "code"),
    [
        (requests.exceptions.ConnectionError, 503, "upstream_unavailable"),
        (requests.exceptions.ConnectTimeout, 504, "upstream_timeout"),
        (requests.exceptions.ReadTimeout, 504, "upstream_timeout"),
        (requests.exceptions.SSLError, 502, "upstream_error"),
        (requests.exceptions.ChunkedEncodingError, 502, "upstream_error"),
        (requests.exceptions.TooManyRedirects, 502, "upstream_error"),
    ],
)
def test_unreachable_service(
    member: Caller, cloud: Cloud, exception: type[Exception], status: int, code: str
) -> None:
    """No answer at all is translated in the same way."""
    cloud.fail("GET", "nova", "/flavors/detail", exception)
    assert refusal(member.get(FLAVORS), status, code)["service"] == "compute"


@pytest.mark.parametrize(
    ("service", "path", "name"),
    [
        ("nova", INSTANCE, "compute"),
        ("neutron", INSTANCE, "network"),
        ("cinder", INSTANCE, "block-storage"),
        ("glance", "/api/v1/images", "image"),
    ],
)
def test_service_that_is_down(
    member: Caller, populated: Cloud, service: str, path: str, name: str
) -> None:
    """Each service is named by its type when it cannot be reached."""
    populated.take_down(service)
    assert refusal(member.get(path), 503, "upstream_unavailable")["service"] == name


def test_keystone_down(member: Caller, populated: Cloud) -> None:
    """When nobody can confirm a token it is 503 and names the identity service."""
    populated.take_down("keystone")
    failed = refusal(member.get(FLAVORS), 503, "upstream_unavailable")
    assert failed["service"] == "identity"


def test_keystone_failing(member: Caller, populated: Cloud) -> None:
    """The same when Keystone answers with an error of its own."""
    populated.answer("GET", "keystone", "/auth/tokens", {"error": {"code": 500}}, 500)
    failed = refusal(member.get(FLAVORS), 503, "upstream_unavailable")
    assert failed["service"] == "identity"


def test_gateways_own_user_refused(member: Caller, populated: Cloud) -> None:
    """That the gateway cannot log in is nothing the caller could mend: 503, not 401."""
    populated.refuse("POST", "keystone", "/auth/tokens", "keystone_401")
    failed = refusal(member.get(FLAVORS), 503, "upstream_unavailable")
    assert failed["service"] == "identity"


def test_service_that_comes_back(member: Caller, populated: Cloud) -> None:
    """A service that was down when the gateway first asked it is used again once it answers."""
    populated.take_down("glance")
    assert member.get("/api/v1/images").status_code == 503
    for url, answer in body("discovery").items():
        populated.serve(url, answer["body"], answer["status"])
    populated.answer("GET", "glance", "/images", body("images"))
    assert member.get("/api/v1/images").status_code == 200


@pytest.mark.parametrize("answer", [{"text": "<html>"}, {"text": ""}, {"text": "[]"}])
def test_answer_that_makes_no_sense(member: Caller, cloud: Cloud, answer: dict[str, Any]) -> None:
    """An answer that is no JSON object is 502."""
    cloud.answer("GET", "nova", "/flavors/detail", **answer)
    assert refusal(member.get(FLAVORS), 502, "upstream_error")["service"] == "compute"


@pytest.mark.parametrize("path", ["/flavors/detail", f"/flavors/{FLAVOR['id']}"])
def test_answer_without_its_key(member: Caller, cloud: Cloud, path: str) -> None:
    """An object without what the API documents is the service's failure too."""
    cloud.answer("GET", "nova", path, {"surprise": 1})
    ours = f"{FLAVORS}{path.removeprefix('/flavors').removesuffix('/detail')}"
    assert refusal(member.get(ours), 502, "upstream_error")["service"] == "compute"


def test_unforeseen_error(
    member: Caller, cloud: Cloud, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is 500 without a detail in the answer, and with its trace in the log."""

    def fail(*_args: Any, **_kwargs: Any) -> Any:
        raise AssertionError

    monkeypatch.setattr(Service, "request", fail)
    failed = refusal(member.get(FLAVORS), 500, "internal_error")
    assert set(failed) == {"code", "message", "request_id"}
    assert any("AssertionError" in line for line in lines)


def test_error_without_a_body(member: Caller, cloud: Cloud) -> None:
    """A bare status is translated by itself."""
    cloud.answer("GET", "nova", f"/flavors/{FLAVOR['id']}", status=403)
    refusal(member.get(f"{FLAVORS}/{FLAVOR['id']}"), 403, "forbidden")


def test_first_failure_counts(member: Caller, populated: Cloud) -> None:
    """When Nova does not know the server, what else fails beside it does not matter."""
    populated.refuse("GET", "nova", f"/servers/{SERVER['id']}", "nova_404_server")
    populated.fail("GET", "neutron", "/floatingips", requests.exceptions.ConnectionError)
    refusal(member.get(INSTANCE), 404, "not_found")


def test_token_that_ran_out_meanwhile(member: Caller, populated: Cloud) -> None:
    """Nova's 401 about a token that was valid a moment ago is the caller's 401."""
    populated.answer("GET", "nova", "/flavors/detail", **error("nova_401"))
    refusal(member.get(FLAVORS), 401, "unauthorized")


def test_password_in_keystones_message(anybody: Caller, populated: Cloud, lines: list[str]) -> None:
    """What Keystone repeats of a request with a password gets neither out nor into the log."""
    populated.answer("POST", "keystone", "/auth/tokens", **error("keystone_400"))
    response = anybody.post("/identity/v3/auth/tokens", json={"auth": {"identity": {}}})
    assert "kic-member" not in str(refusal(response, 400, "invalid_request"))
    assert any("identity answered 400" in line for line in lines)  # what is left is logged


def test_user_data_in_novas_message(member: Caller, populated: Cloud, lines: list[str]) -> None:
    """Nor does what Nova repeats of a server."""
    populated.answer("PUT", "nova", f"/servers/{SERVER['id']}", **error("nova_400_schema"))
    response = member.put(INSTANCE, json={"instance": {"name": "n"}})
    assert "nonsense" not in str(refusal(response, 400, "invalid_request"))
    assert any("compute answered 400" in line for line in lines)
