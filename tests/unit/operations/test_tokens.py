# SPDX-License-Identifier: Apache-2.0
"""Tokens: Keystone's own, passed through with the headers that concern them and no others."""

from typing import Any

import pytest
import requests

from tests.contract import check
from tests.token_refusals import INTERNALS, Refusal, refusals
from tests.unit.bodies import body
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.personas import SECRET, token_of

PATH = "/identity/v3/auth/tokens"
CREDENTIAL = {
    "auth": {
        "identity": {
            "methods": ["application_credential"],
            "application_credential": {"id": "x", "secret": f"{SECRET} of the credential"},
        }
    }
}


def test_issue(anybody: Caller, cloud: Cloud) -> None:
    """The body goes to Keystone as it is; the token comes back in the header."""
    response = anybody.post(PATH, json=CREDENTIAL)
    assert response.status_code == 201
    assert response.headers["X-Subject-Token"] == token_of("gateway")
    assert "X-Auth-Token" in response.headers["Vary"]
    assert check("iam", "IssueToken", response.json) == []
    assert response.json == body("token")
    (sent,) = cloud.tokens_sent("POST")
    assert sent.json() == CREDENTIAL


def test_validate(anybody: Caller, cloud: Cloud) -> None:
    """A token validates another, or itself, by Keystone's own rules."""
    headers = {"X-Auth-Token": token_of("reader"), "X-Subject-Token": token_of("member")}
    response = anybody.get(f"{PATH}?nocatalog&allow_expired=1", headers=headers)
    assert response.status_code == 200
    assert check("iam", "ValidateToken", response.json) == []
    sent = cloud.tokens_sent("GET")[-1]
    assert sent.query == "nocatalog&allow_expired=1"
    assert {name: sent.headers[name] for name in headers} == headers


def test_headers(anybody: Caller, cloud: Cloud) -> None:
    """Other headers stay here, and the gateway's own identity is not lent."""
    anybody.post(
        PATH,
        json=CREDENTIAL,
        headers={
            "X-Forwarded-For": "10.0.0.1",
            "Cookie": "a=b",
            "X-Service-Token": token_of("gateway"),
            "Authorization": "Basic x",
            "OpenStack-Identity-Access-Rules": "1",
        },
    )
    (sent,) = cloud.tokens_sent("POST")
    assert sent.headers["OpenStack-Identity-Access-Rules"] == "1"
    assert sent.headers["X-Openstack-Request-Id"].startswith("req-")
    for name in ("X-Forwarded-For", "Cookie", "X-Service-Token", "Authorization", "X-Auth-Token"):
        assert name not in sent.headers


def test_keystones_headers(anybody: Caller, cloud: Cloud) -> None:
    """Of Keystone's headers only the token comes back."""
    cloud.answer(
        "POST",
        "keystone",
        "/auth/tokens",
        body("token"),
        201,
        headers={"X-Subject-Token": "t", "Server": "Apache", "Set-Cookie": "a=b"},
    )
    response = anybody.post(PATH, json=CREDENTIAL)
    assert response.headers["X-Subject-Token"] == "t"
    assert "Set-Cookie" not in response.headers
    assert "Apache" not in str(response.headers)


PASSWORD = {
    "auth": {
        "identity": {
            "methods": ["password"],
            "password": {
                "user": {
                    "name": "somebody",
                    "domain": {"name": "somewhere"},
                    "password": f"{SECRET} password",
                }
            },
        },
        "scope": {"project": {"name": "office", "domain": {"name": "somewhere"}}},
    }
}


@pytest.mark.parametrize("case", refusals(CREDENTIAL, PASSWORD), ids=lambda case: case.label)
def test_refusals(anybody: Caller, cloud: Cloud, case: Refusal) -> None:
    """A refusal names the field to change, and nothing of what exists."""
    error = {"error": {"code": case.told, "message": case.reason, "title": "Refused"}}
    cloud.answer("POST", "keystone", "/auth/tokens", error, case.told)
    code = {400: "invalid_request", 401: "unauthorized"}[case.status]
    message = refusal(anybody.post(PATH, json=case.body), case.status, code)["message"]
    assert all(word in message for word in case.words), message
    assert not any(word in message for word in INTERNALS)


def test_unknown_method(anybody: Caller, cloud: Cloud) -> None:
    """The methods that are offered are told."""
    error = {
        "code": 401,
        "identity": {"methods": ["password", "token"]},
        "message": "Attempted to authenticate with an unsupported method.",
    }
    cloud.answer("POST", "keystone", "/auth/tokens", {"error": error}, 401)
    wrong = {"auth": {"identity": {"methods": ["magic"], "magic": {}}}}
    message = refusal(anybody.post(PATH, json=wrong), 400, "invalid_request")["message"]
    assert message.startswith("auth.identity.methods: ")
    assert "password, token" in message


def test_content_type(anybody: Caller, cloud: Cloud) -> None:
    """A body that is said to be no JSON is 415, by the header's name."""
    error = {"code": 400, "message": "Expecting to find application/json in Content-Type header."}
    cloud.answer("POST", "keystone", "/auth/tokens", {"error": error}, 400)
    answer = anybody.post(PATH, data=b"{}", content_type="text/plain")
    assert "Content-Type" in refusal(answer, 415, "unsupported_media_type")["message"]


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"[" * 5000, b'{"auth": 5}', b'{"auth": {"identity": []}}', b"\xff"]
)
def test_refused_bodies(anybody: Caller, cloud: Cloud, data: bytes) -> None:
    """Whatever the body is, a refusal is one."""
    cloud.refuse("POST", "keystone", "/auth/tokens", "keystone_401")
    answer = anybody.post(PATH, data=data, content_type="application/json")
    refusal(answer, 400, "invalid_request")


@pytest.mark.parametrize(
    ("headers", "recorded", "status", "code", "words"),
    [
        ({}, "keystone_401", 401, "unauthorized", "X-Auth-Token: a valid token is needed"),
        ({"X-Auth-Token": "x"}, "keystone_401", 401, "unauthorized", "X-Auth-Token: the token in"),
        ({"X-Auth-Token": "x"}, "keystone_404_token", 400, "invalid_request", "X-Subject-Token: "),
        (
            {"X-Auth-Token": "x", "X-Subject-Token": "y"},
            "keystone_404_token",
            404,
            "not_found",
            "X-Subject-Token: this token is not valid",
        ),
    ],
)
def test_refused_validations(
    anybody: Caller,
    cloud: Cloud,
    headers: dict[str, str],
    recorded: str,
    status: int,
    code: str,
    words: str,
) -> None:
    """The header that is wrong or missing is named."""
    cloud.refuse("GET", "keystone", "/auth/tokens", recorded)
    assert words in refusal(anybody.get(PATH, headers=headers), status, code)["message"]


@pytest.mark.parametrize(
    ("exception", "status", "code"),
    [
        (requests.exceptions.ConnectionError, 503, "upstream_unavailable"),
        (requests.exceptions.ReadTimeout, 504, "upstream_timeout"),
    ],
)
def test_keystone_down(
    anybody: Caller, cloud: Cloud, exception: type[Exception], status: int, code: str
) -> None:
    """It is named when it cannot be reached."""
    cloud.fail("POST", "keystone", "/auth/tokens", exception)
    error = refusal(anybody.post(PATH, json=CREDENTIAL), status, code)
    assert error["service"] == "identity"


@pytest.mark.parametrize(
    "kwargs", [{"data": b"{"}, {"data": b""}, {"data": b"x=1", "content_type": "text/plain"}]
)
def test_any_body(anybody: Caller, cloud: Cloud, kwargs: dict[str, Any]) -> None:
    """What the body means is Keystone's to say."""
    assert anybody.post(PATH, **kwargs).status_code == 201
    (sent,) = cloud.tokens_sent("POST")
    assert (sent.body or b"") == kwargs["data"]
