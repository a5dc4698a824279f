# SPDX-License-Identifier: Apache-2.0
"""Access rules of a restricted credential: what is routed is what is checked."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit import personas
from tests.unit.bodies import FLAVOR, INSTANCE
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal

Allow = Callable[[str, str], None]

FLAVORS = "/api/v1/flavors"
INSTANCES = "/api/v1/instances"
PREFIXES = [
    "/api/v1/flavors",
    "/api/v1/flavors/",
    "/api/v1/flavors/x",
    "/api/v1/flavors?",
    "/api/v1/flavors#",
    "/api/v1/flavors%2F",
    "/api/v1/flavors/..",
    "//api/v1/flavors",
    "/api/v1/flavors\xff",
    "\xff\xfe",
    "/",
]


@pytest.fixture
def options() -> str:
    """A gateway that believes its proxy, and asks Keystone about the token each time."""
    return (
        "[oslo_middleware]\nenable_proxy_headers_parsing = true\n"
        "[keystone_authtoken]\ntoken_cache_time = -1\n"
    )


@pytest.fixture
def limited(caller: Callable[[str], Caller], populated: Cloud) -> Caller:
    """A caller with a restricted credential."""
    return caller("limited")


@pytest.fixture
def allow(monkeypatch: pytest.MonkeyPatch) -> Allow:
    """Set the one access rule of the restricted credential."""
    token: Any = personas.TOKENS["limited"]
    (rule,) = token["token"]["application_credential"]["access_rules"]

    def change(method: str, path: str) -> None:
        monkeypatch.setitem(rule, "method", method)
        monkeypatch.setitem(rule, "path", path)

    return change


@pytest.mark.parametrize("prefix", PREFIXES)
def test_prefix_opens_nothing(limited: Caller, populated: Cloud, allow: Allow, prefix: str) -> None:
    """No prefix makes another operation look like the one that the rule allows."""
    headers = {"X-Forwarded-Prefix": prefix}
    for pattern in (f"{FLAVORS}/**", f"{FLAVORS}**", f"**{FLAVORS}/**", f"{FLAVORS}/{{flavor_id}}"):
        allow("GET", pattern)
        refusal(limited.get(INSTANCES, headers=headers), 401, "unauthorized")
        refusal(limited.get(INSTANCE, headers=headers), 401, "unauthorized")
        allow("POST", pattern)
        refusal(limited.post(f"{INSTANCE}/stop", headers=headers), 401, "unauthorized")
    assert populated.writes() == []


@pytest.mark.parametrize("prefix", ["", "/kic-vm", *PREFIXES])
def test_prefix_closes_nothing(limited: Caller, allow: Allow, prefix: str) -> None:
    """The rule allows its operation behind a proxy with a prefix too, and that one alone."""
    headers = {"X-Forwarded-Prefix": prefix}
    allow("GET", FLAVORS)
    assert limited.get(FLAVORS, headers=headers).status_code == 200
    refusal(limited.get(INSTANCES, headers=headers), 401, "unauthorized")
    allow("GET", f"{FLAVORS}/*")
    assert limited.get(f"{FLAVORS}/{FLAVOR['id']}", headers=headers).status_code == 200
    refusal(limited.get(FLAVORS, headers=headers), 401, "unauthorized")


def test_rule_with_the_prefix(limited: Caller, allow: Allow) -> None:
    """A rule names the path of the API: with the proxy's prefix in it, it allows nothing."""
    allow("GET", f"/kic-vm{FLAVORS}")
    headers = {"X-Forwarded-Prefix": "/kic-vm"}
    refusal(limited.get(FLAVORS, headers=headers), 401, "unauthorized")


def test_mounted_application(limited: Caller, allow: Allow) -> None:
    """The same counts where the server itself mounts the gateway below a prefix."""
    environ = {"SCRIPT_NAME": FLAVORS}
    allow("GET", f"{FLAVORS}/**")
    refusal(limited.get(INSTANCES, environ_overrides=environ), 401, "unauthorized")
    allow("GET", FLAVORS)
    assert limited.get(FLAVORS, environ_overrides=environ).status_code == 200


def test_trailing_slash(limited: Caller, allow: Allow) -> None:
    """The list with a slash at its end is the list, and nothing below it."""
    allow("GET", f"{FLAVORS}/**")
    refusal(limited.get(f"{FLAVORS}/"), 401, "unauthorized")
    allow("GET", FLAVORS)
    assert limited.get(f"{FLAVORS}/").status_code == 200


@pytest.mark.parametrize("name", ["a b", "키", "a%2525b", "x%3Fy", "\xff"])
def test_quoted_argument(limited: Caller, allow: Allow, name: str) -> None:
    """A name in the path is checked as it is routed, whatever characters it has."""
    headers = {"X-Forwarded-Prefix": "/api/v1/keypairs"}
    allow("GET", f"{FLAVORS}/**")
    refusal(limited.get(f"/api/v1/keypairs/{name}", headers=headers), 401, "unauthorized")


@pytest.mark.parametrize("path", ["/\xff", f"{FLAVORS}/\xff", f"{INSTANCES}/\xc3(/stop"])
def test_path_that_is_not_utf8(limited: Caller, member: Caller, allow: Allow, path: str) -> None:
    """It is no path of the API, whoever asks, with a key and without."""
    allow("POST", "/**")
    for caller in (limited, member):
        for headers in ({}, {"Idempotency-Key": "k"}):
            sent = {"environ_overrides": {"PATH_INFO": path}, "headers": headers}
            refusal(caller.post("/", **sent), 404, "no_such_path")


def test_address_keeps_the_prefix(member: Caller, limited: Caller, allow: Allow) -> None:
    """What the gateway tells clients as its own address has the proxy's prefix in it."""
    allow("GET", "/api/v1/client-endpoints/resolve")
    headers = {"X-Forwarded-Prefix": "/kic-vm"}
    for caller in (member, limited):
        answer = caller.get("/api/v1/client-endpoints/resolve", headers=headers).json
        addresses = answer["data"]["service_endpoints"].values()
        assert set(addresses) == {"http://localhost/kic-vm"}
