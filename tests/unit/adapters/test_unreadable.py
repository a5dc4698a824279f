# SPDX-License-Identifier: Apache-2.0
"""Answers that no library can read: errors that name the service, never a 500."""

import copy
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

from kic_vm.adapters import probes
from tests.unit.cloud import URLS, Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.personas import token_of

JSON = dict[str, Any]
SECONDS = 20
DEEP = "[" * 200_000
TOKENS = "/identity/v3/auth/tokens"
LOGIN = {
    "auth": {
        "identity": {
            "methods": ["application_credential"],
            "application_credential": {"id": "0" * 32, "secret": "s"},
        }
    }
}


class TestVersions:
    """The version document of a service whose address in the catalog has no version."""

    @pytest.fixture
    def options(self) -> str:
        """A gateway of its own, which has discovered nothing."""
        return "[api]\nregion = kr-central-2\nreadiness_cache_time = 0\n"

    @pytest.mark.parametrize(
        "document", [None, 5, {"versions": 5}, {"versions": [5]}, {"version": 5}]
    )
    def test_nonsense(
        self, member: Caller, anybody: Caller, populated: Cloud, document: Any
    ) -> None:
        for path in ("", "/", "/v2", "/v2/"):
            populated.serve(f"http://glance.test{path}", document)
        response = member.get("/api/v1/images")
        assert response.status_code in {502, 503}
        assert response.json["error"]["service"] == "image"
        services = anybody.get("/readiness").json["services"]
        assert (services["glance"]["ok"], services["nova"]["ok"]) == (False, True)


@pytest.mark.parametrize("status", [400, 409, 500, 503])
def test_deep_error(member: Caller, populated: Cloud, status: int) -> None:
    """An error whose body is nested too deeply to read."""
    populated.answer("GET", "cinder", "/types", None, status, text=DEEP)
    response = member.get("/api/v1/volumes/types")
    assert response.status_code in {400, 409, 502, 503}
    assert response.status_code < 500 or response.json["error"]["service"] == "block-storage"


@pytest.mark.parametrize(("status", "expected"), [(201, 502), (401, 401)])
def test_deep_login(anybody: Caller, cloud: Cloud, status: int, expected: int) -> None:
    """An answer to a login."""
    headers = {"X-Subject-Token": "a"}
    cloud.answer("POST", "keystone", "/auth/tokens", None, status, text=DEEP, headers=headers)
    assert anybody.post(TOKENS, json=LOGIN).status_code == expected


@pytest.mark.parametrize("status", [200, 401, 404])
def test_deep_validation(application: Any, populated: Cloud, status: int) -> None:
    """An answer to the validation of a token."""
    populated.answer("GET", "keystone", "/auth/tokens", None, status, text=DEEP)
    response = Caller(application, f"unknown-{status}").get("/api/v1/flavors")
    assert response.status_code in {401, 503}


def nonsense(how: str) -> JSON:
    """The description of a member's token, in which one thing is of another type."""
    headers = {"X-Auth-Token": token_of("gateway"), "X-Subject-Token": token_of("member")}
    answer = requests.get(f"{URLS['keystone']}/auth/tokens", headers=headers, timeout=1)
    document: JSON = copy.deepcopy(answer.json())
    token = document["token"]
    endpoints = [one for service in token["catalog"] for one in service["endpoints"]]
    changes: dict[str, Callable[[], Any]] = {
        "no user domain": lambda: token["user"].pop("domain"),
        "user domain": lambda: token["user"].update(domain={"id": 7, "name": "Default"}),
        "project domain": lambda: token["project"].update(domain="x"),
        "project name": lambda: token["project"].update(name=None),
        "endpoint": lambda: token["catalog"][0].update(endpoints=[None]),
        "service": lambda: token["catalog"][0].update(type=None),
        "interface": lambda: [endpoint.update(interface=None) for endpoint in endpoints],
        "url": lambda: [endpoint.update(url=None) for endpoint in endpoints],
        "region": lambda: [endpoint.update(region={}) for endpoint in endpoints],
        "region_id": lambda: [endpoint.update(region_id={}) for endpoint in endpoints],
    }
    changes[how]()
    return document


@pytest.mark.parametrize(
    "how",
    [
        "no user domain",
        "user domain",
        "project domain",
        "project name",
        "endpoint",
        "service",
        "interface",
        "url",
        "region",
        "region_id",
    ],
)
def test_token(application: Any, populated: Cloud, how: str) -> None:
    """Keystone's description of a token is nonsense; it is not cached."""
    headers = {"X-Subject-Token": token_of("member")}
    populated.answer("GET", "keystone", "/auth/tokens", nonsense(how), 200, headers=headers)
    caller = Caller(application, f"token-{how}")
    for _time in range(2):
        response = caller.get("/api/v1/flavors")
        assert refusal(response, 503, "upstream_unavailable")["service"] == "identity"
    populated.bring_up_keystone()
    assert Caller(application, token_of("member")).get("/api/v1/flavors").status_code == 200


def test_retry_after(member: Caller, populated: Cloud) -> None:
    """A Retry-After that is no date is ignored."""
    headers = {"Retry-After": "Mon, 99999999999999999999 Jan 2020 00:00:00 GMT"}
    populated.answer("GET", "cinder", "/types", {}, 503, headers=headers)
    refusal(member.get("/api/v1/volumes/types"), 503, "upstream_unavailable")


class TestReadiness:
    """A check that fails in a way that nobody has foreseen."""

    @pytest.fixture
    def options(self) -> str:
        return "[api]\nreadiness_cache_time = 0\n"

    def test_recovers(
        self, anybody: Caller, populated: Cloud, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The service is not ready until its check succeeds again."""

        def fail(_response: requests.Response) -> Any:
            raise ZeroDivisionError

        assert anybody.get("/readiness").status_code == 200
        with monkeypatch.context() as patch:
            patch.setattr(probes, "_document", fail)
            statuses = {anybody.get("/readiness").status_code for _time in range(3)}
        assert 503 in statuses
        assert 500 not in statuses
        end = time.monotonic() + SECONDS
        while anybody.get("/readiness").status_code == 503:  # no report waits for what was down
            assert time.monotonic() < end
