# SPDX-License-Identifier: Apache-2.0
"""What is counted of requests, decisions and upstream calls, and under which labels."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from kic_vm import exceptions
from kic_vm.adapters.http.bulkhead import Bulkhead
from kic_vm.adapters.http.circuit_breaker import CircuitBreaker
from kic_vm.adapters.own_login import OwnLogin
from kic_vm.metrics import gateway
from kic_vm.metrics.registry import REGISTRY, exposition
from tests.unit.bodies import INSTANCE
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.metrics.samples import Difference
from tests.unit.personas import PROJECT, USER
from tests.unit.requests_of import arguments_of

REQUESTS = "kic_vm_request_duration_seconds_count"
CALLS = "kic_vm_upstream_request_duration_seconds_count"
TOKENS = "kic_vm_token_cache_lookups_total"


def test_request(member: Caller, populated: Cloud) -> None:
    """Its method, route and status; of what it calls, service, operation and status."""
    route = "/api/v1/instances/{instance_id}"
    counted = Difference(REQUESTS, method="GET", route=route, status="200")
    operations = {
        "compute": "GET /servers/{id}",
        "block-storage": "GET /volumes/detail",
        "network": "GET /ports",
    }
    calls = [
        Difference(CALLS, service=service, operation=operation, status="200")
        for service, operation in operations.items()
    ]
    assert member.get(INSTANCE).status_code == 200
    assert counted() == 1
    assert [call() for call in calls] == [1, 1, 1]


@pytest.mark.parametrize(
    ("method", "path", "labels"),
    [
        ("GET", "/nowhere/at/all", {"method": "GET", "route": "-", "status": "401"}),
        ("BREW", "/healthcheck", {"method": "other", "route": "-", "status": "401"}),
        ("GET", "/healthcheck", {"method": "GET", "route": "/healthcheck", "status": "200"}),
    ],
)
def test_anybody(anybody: Caller, method: str, path: str, labels: dict[str, str]) -> None:
    """What strangers make up is no label."""
    counted = Difference(REQUESTS, **labels)
    anybody.request(method, path)
    assert counted() == 1


def test_tokens(member: Caller, populated: Cloud) -> None:
    """The first request with a token is a miss, the next one a hit."""
    hits, misses = Difference(TOKENS, result="hit"), Difference(TOKENS, result="miss")
    for _request in range(3):
        member.get("/api/v1/volumes/types")
    assert (hits(), misses()) == (2, 1)


def test_refusals(reader: Caller, populated: Cloud) -> None:
    """By the rule; a request that was let through is none."""
    refused = Difference("kic_vm_rbac_refusals_total", rule="kic_vm:instances:delete")
    assert reader.delete(INSTANCE).status_code == 403
    assert reader.get(INSTANCE).status_code == 200
    assert refused() == 1


def test_upstream_failures(member: Caller, populated: Cloud) -> None:
    """An error counts by its status, silence as none."""
    labels = {"service": "block-storage", "operation": "GET /types"}
    errors, silence = (
        Difference(CALLS, **labels, status="500"),
        Difference(CALLS, **labels, status="none"),
    )
    populated.answer("GET", "cinder", "/types", {}, 500)
    member.get("/api/v1/volumes/types")
    populated.fail("GET", "cinder", "/types", requests.exceptions.ReadTimeout)
    member.get("/api/v1/volumes/types")
    assert (errors(), silence()) == (1, 1)


def observed(service: str) -> float:
    """How many calls to a service are counted, with or without an answer."""
    found = REGISTRY.restricted_registry([CALLS]).collect()
    samples = (one for metric in found for one in metric.samples if one.name == CALLS)
    return sum(one.value for one in samples if one.labels["service"] == service)


@pytest.mark.parametrize("operation", ["GET /api/v1/volumes/types", "POST /api/v1/volumes"])
@pytest.mark.parametrize(
    ("guard", "method", "error"),
    [
        (CircuitBreaker, "check", exceptions.UpstreamUnavailable),
        (Bulkhead, "enter", exceptions.UpstreamBusy),
    ],
    ids=["down", "busy"],
)
def test_call_that_is_refused(
    member: Caller,
    populated: Cloud,
    monkeypatch: pytest.MonkeyPatch,
    operation: str,
    guard: type,
    method: str,
    error: type[exceptions.UpstreamError],
) -> None:
    """A call that a guard does not let pass was not sent, so that it is no call without answer."""
    original = getattr(guard, method)

    def refuse(self: Any, *args: Any) -> None:
        if self._service == "block-storage":
            raise error(self._service)
        original(self, *args)

    monkeypatch.setattr(guard, method, refuse)
    check_not_sent(member, populated, operation, error.code)


def test_call_without_a_login(
    member: Caller, populated: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same counts if the gateway gets no token for a call."""

    def fail(*_args: Any) -> Any:
        raise exceptions.UpstreamUnavailable("identity")

    assert member.get("/api/v1/volumes/types").status_code == 200
    populated.forget()
    monkeypatch.setattr(OwnLogin, "get_access", fail)
    check_not_sent(member, populated, "POST /api/v1/volumes", "upstream_unavailable")


def check_not_sent(member: Caller, cloud: Cloud, operation: str, code: str) -> None:
    """Check that a request fails, and that no call to Cinder is counted."""
    method, path = operation.split(" ")
    before = observed("block-storage")
    refusal(member.request(method, path, **arguments_of(method, path)), 503, code)
    assert cloud.sent("cinder") == []
    assert observed("block-storage") == before


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/servers/detail?limit=1000", "/servers/detail"),
        ("/servers/3f2b/action", "/servers/{id}/action"),
        ("/servers/3f2b/os-volume_attachments/77aa", "/servers/{id}/os-volume_attachments/{id}"),
        ("/os-quota-sets/3f2b/detail", "/os-quota-sets/{id}/detail"),
        ("/os-keypairs/detail%2Fmine", "/os-keypairs/{id}"),
        ("/security-groups/3f2b/tags/mine", "/security-groups/{id}/tags/{id}"),
        ("/auth/tokens", "/auth/tokens"),
    ],
)
def test_template(path: str, template: str) -> None:
    """Neither ids nor names are left of a path, and nothing of its query."""
    assert gateway.template(path) == template


def test_nothing_of_a_tenant(caller: Callable[[str], Caller], populated: Cloud) -> None:
    """After many requests no label holds a project, a user, an instance or a keypair."""
    for persona in ("admin", "member", "reader"):
        for path in (INSTANCE, "/api/v1/instances", "/api/v1/keypairs/my-name-for-it"):
            caller(persona).get(path)
    text = exposition().decode()
    for word in (PROJECT, USER, INSTANCE.rpartition("/")[2], "my-name-for-it"):
        assert word not in text
