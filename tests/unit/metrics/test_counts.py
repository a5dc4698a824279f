# SPDX-License-Identifier: Apache-2.0
"""What is counted of requests, decisions and upstream calls, and under which labels."""

from collections.abc import Callable

import pytest
import requests

from kic_vm.metrics import gateway
from kic_vm.metrics.registry import exposition
from tests.unit.bodies import INSTANCE
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.metrics.samples import Difference
from tests.unit.personas import PROJECT, USER

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
