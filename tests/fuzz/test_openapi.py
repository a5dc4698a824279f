# SPDX-License-Identifier: Apache-2.0
"""Requests generated from the OpenAPI document: no response is an error of the gateway itself.

Each request is sent twice by one of the personas: as it was generated, and with the ids of
existing resources. KIC_VM_FUZZ_EXAMPLES sets how many requests are generated for each operation;
for the seed and the files of the results, see ``conftest``.
"""

import os
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, seed, settings, strategies
from hypothesis.errors import Unsatisfiable
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi import checks

from kic_vm import policies
from tests.fuzz import responses
from tests.fuzz.conftest import SEED, Persona

EXAMPLES = int(os.environ.get("KIC_VM_FUZZ_EXAMPLES", "20"))
PATIENCE = 95  # seconds, longer than the gateway takes for a request
CHECKS = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]
OPERATIONS = [
    (guarded["method"], guarded["path"])
    for rule in policies.guarding_rules()
    for guarded in rule.operations
    # The page that shows the document is not in the document.
    if not guarded["path"].startswith("/docs")
]


def _with_real_ids(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            key: ids[key] if key in ids and isinstance(inner, str) else _with_real_ids(inner, ids)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_with_real_ids(one, ids) for one in value]
    return value


def _errors(document: dict[str, Any]) -> set[tuple[str, int]]:
    return {(error["code"], error["status"]) for error in document["x-error-codes"]}


def _check(case: schemathesis.Case, persona: Persona) -> None:
    # A generated token would only be refused.
    headers = {name: value for name, value in case.headers.items() if name != "X-Auth-Token"}
    case.headers = headers | ({"X-Auth-Token": persona.token} if persona.token else {})
    response = case.call(timeout=PATIENCE)
    responses.count(persona.name, response.status_code)
    case.validate_response(response, checks=CHECKS)
    if response.status_code >= 400:
        error = response.json()["error"]
        known = _errors(case.operation.schema.raw_schema)
        assert (error["code"], response.status_code) in known, response.text
        assert response.status_code < 500 or error["code"] == "not_offered", response.text


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_operation(
    document: BaseSchema,
    personas: dict[str, Persona],
    ids: dict[str, str],
    method: str,
    path: str,
    mode: schemathesis.GenerationMode,
) -> None:
    """Every response is documented, has the documented shape, and is no 5xx except not_offered."""
    operation = document[path][method]

    @seed(SEED)
    @given(
        case=operation.as_strategy(generation_mode=mode),
        persona=strategies.sampled_from(list(personas.values())),
    )
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    def send(case: schemathesis.Case, persona: Persona) -> None:
        _check(case, persona)
        if method == "DELETE":  # what is removed, the others have nothing to work with
            return
        real = {name: ids[name] for name in case.path_parameters if name in ids}
        case.path_parameters = {**case.path_parameters, **real}
        case.body = _with_real_ids(case.body, ids)
        _check(case, persona)

    try:
        send()
    except Unsatisfiable:
        assert mode is schemathesis.GenerationMode.NEGATIVE  # nothing in it can be wrong
