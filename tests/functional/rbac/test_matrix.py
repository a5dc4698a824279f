# SPDX-License-Identifier: Apache-2.0
"""Who may call what: every operation, every kind of caller, real tokens, the whole pipeline."""

import re
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
import yaml

from tests.functional.client import JSON, Client, Gateway

Headers = dict[str, str]

HERE = Path(__file__).parent
OPERATIONS: dict[str, list[str]] = yaml.safe_load((HERE / "operations.yaml").read_text())
PERSONAS: dict[str, dict[str, str]] = yaml.safe_load((HERE / "personas.yaml").read_text())
STATUSES = {"forbidden": 403, "project_scope_required": 403, "unauthorized": 401}
# The one operation of the credential with access rules.
RESTRICTED = ("application-credential-with-access-rules", "GET /api/v1/flavors")
TOKENS = "/identity/v3/auth/tokens"  # Keystone's own answers, which are about other credentials


def call(gateway: Gateway, headers: Headers, operation: str) -> requests.Response:
    """Send the operation with ids that nothing has, and an empty body."""
    method, template = operation.split(" ")
    path = re.sub(r"{(\w+)}", lambda match: _unknown(match[1]), template)
    body: JSON | None = {} if method in {"POST", "PUT"} else None
    return requests.request(method, gateway.url + path, headers=headers, json=body, timeout=60)


def _unknown(place: str) -> str:
    return (
        uuid.uuid4().hex if place in {"user_id", "project_id", "member_id"} else str(uuid.uuid4())
    )


def outcome_of(response: requests.Response) -> str:
    """In the words of personas.yaml."""
    if response.status_code not in {401, 403}:
        return "allowed"
    code: str = response.json()["error"]["code"]
    assert STATUSES[code] == response.status_code
    return code


def test_every_operation_is_in_the_matrix(member: Client) -> None:
    """What the running gateway serves, and nothing else."""
    document = member.get("/openapi.json")
    served = {
        f"{method.upper()} {path}"
        for path, methods in document["paths"].items()
        for method in methods
        if method in {"get", "post", "put", "delete", "patch"}
    }
    listed = [operation for operations in OPERATIONS.values() for operation in operations]
    assert len(set(listed)) == len(listed)
    place = "tests/functional/rbac/operations.yaml"
    assert not served - set(listed), f"add to {place}: {sorted(served - set(listed))}"
    assert not set(listed) - served, f"remove from {place}: {sorted(set(listed) - served)}"


def test_every_persona_is_in_the_matrix(personas: dict[str, Headers]) -> None:
    """With an outcome for every kind of operation."""
    assert personas.keys() == PERSONAS.keys()
    assert all(outcomes.keys() == OPERATIONS.keys() for outcomes in PERSONAS.values())


@pytest.mark.parametrize("persona", PERSONAS)
def test_persona(
    gateway: Gateway,
    personas: dict[str, Headers],
    persona: str,
    record_property: Callable[[str, object], None],
) -> None:
    """The persona gets through where the matrix says so, and nowhere else."""
    wrong = {}
    rows = 0
    for kind, operations in OPERATIONS.items():
        for operation in operations:
            rows += 1
            expected = PERSONAS[persona][kind]
            response = call(gateway, personas[persona], operation)
            assert response.status_code < 500 or response.status_code == 501, response.text
            if operation.endswith(TOKENS):
                continue
            if (persona, operation) == RESTRICTED:
                expected = "allowed"
            if outcome_of(response) != expected:
                wrong[operation] = (outcome_of(response), response.text)
    record_property("rows", rows)
    assert wrong == {}
