# SPDX-License-Identifier: Apache-2.0
"""Requests made up from the OpenAPI document: none is answered by an error of the gateway's own.

Each is sent twice: as it was made up, and with ids of resources that are there in the places where
an id stands. How many are made up for each operation says KIC_VM_FUZZ_EXAMPLES.
"""

import collections
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

import openstack
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi import checks

from kic_vm import policies

EXAMPLES = int(os.environ.get("KIC_VM_FUZZ_EXAMPLES", "20"))
CHECKS = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]
OPERATIONS = [
    (guarded["method"], guarded["path"])
    for rule in policies.guarding_rules()
    for guarded in rule.operations
]
statuses: collections.Counter[int] = collections.Counter()


@pytest.fixture(scope="session", autouse=True)
def _count(record_testsuite_property: Callable[[str, object], None]) -> Iterator[None]:
    yield
    record_testsuite_property("requests by status", dict(sorted(statuses.items())))
    told = dict(sorted(statuses.items()))
    sys.stdout.write(f"\n{sum(statuses.values())} requests; by status: {told}\n")


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


def _check(case: schemathesis.Case, token: str | None) -> None:
    case.headers = {**case.headers, "X-Auth-Token": token}  # a made-up one gets no further
    response = case.call()
    statuses[response.status_code] += 1
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
    admin: openstack.connection.Connection,
    ids: dict[str, str],
    method: str,
    path: str,
    mode: schemathesis.GenerationMode,
) -> None:
    """Every answer is a documented one, in the documented shape, and no 5xx but what is refused."""
    operation = document[path][method]

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    def send(case: schemathesis.Case) -> None:
        _check(case, admin.auth_token)
        if method == "DELETE":  # what is removed, the others have nothing to work with
            return
        real = {name: ids[name] for name in case.path_parameters if name in ids}
        case.path_parameters = {**case.path_parameters, **real}
        case.body = _with_real_ids(case.body, ids)
        _check(case, admin.auth_token)

    try:
        send()
    except Unsatisfiable:
        assert mode is schemathesis.GenerationMode.NEGATIVE  # nothing in it can be wrong
