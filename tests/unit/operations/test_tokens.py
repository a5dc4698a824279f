"""Tokens: Keystone's own, passed through with the headers that concern them and no others."""

from typing import Any

import pytest
import requests

from tests.contract import check
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


@pytest.mark.parametrize(
    ("method", "recorded", "status", "code", "word"),
    [
        ("POST", "keystone_401", 401, "unauthorized", "credentials"),
        ("POST", "keystone_400", 400, "invalid_request", "auth: "),
        ("GET", "keystone_404_token", 404, "not_found", "X-Subject-Token"),
    ],
)
def test_refusals(
    anybody: Caller,
    cloud: Cloud,
    method: str,
    recorded: str,
    status: int,
    code: str,
    word: str,
) -> None:
    """Keystone's refusals come in the one envelope."""
    cloud.refuse(method, "keystone", "/auth/tokens", recorded)
    response = anybody.request(method, PATH, **({"json": CREDENTIAL} if method == "POST" else {}))
    assert word in refusal(response, status, code)["message"]


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
