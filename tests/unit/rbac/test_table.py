# SPDX-License-Identifier: Apache-2.0
"""Who may do what: every row of the YAML files beside this one, through the whole pipeline."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from kic_vm import policies
from tests.unit import personas
from tests.unit.cloud import Cloud
from tests.unit.completeness import assert_complete
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.prepared import prepare
from tests.unit.requests_of import arguments_of, path_of

PERSONAS = {*personas.TOKENS, "anybody"} - {"limited"}  # test_authentication has that one
STATUSES = {
    "unauthorized": 401,
    "forbidden": 403,
    "not_the_creator": 403,
    "project_scope_required": 403,
    "not_found": 404,
    "invalid_request": 400,
    "conflict": 409,
    "not_offered": 501,
}
# Refusals for which something has to be looked at.
LATE = {"not_found", "not_the_creator", "invalid_request", "conflict", "not_offered"}


def table() -> dict[str, dict[str, list[str]]]:
    """Operation -> outcome -> personas."""
    found: dict[str, dict[str, list[str]]] = {}
    for path in sorted(Path(__file__).parent.glob("*.yaml")):
        rows = yaml.safe_load(path.read_text())
        assert not rows.keys() & found.keys(), "an operation stands in two files"
        found |= rows
    return found


TABLE = table()


@pytest.fixture
def application(shared_application: Any) -> Any:
    """Nothing here depends on what the gateway remembers."""
    return shared_application


def rows() -> Iterator[Any]:
    for operation, outcomes in TABLE.items():
        for outcome, who in outcomes.items():
            for persona in who:
                yield pytest.param(operation, persona, outcome, id=f"{persona}-{operation}")


def test_table_is_complete() -> None:
    """Every operation has a row, and every row every persona exactly once."""
    guarded = {
        f"{item['method']} {item['path']}"
        for rule in policies.guarding_rules()
        for item in rule.operations
    }
    assert_complete(guarded, TABLE, "tests/unit/rbac/*.yaml")
    for operation, outcomes in TABLE.items():
        assert sorted(itertools.chain(*outcomes.values())) == sorted(PERSONAS), operation
        assert outcomes.keys() <= {"ok", *STATUSES}, operation


@pytest.mark.parametrize(("operation", "persona", "outcome"), list(rows()))
def test_row(
    anybody: Caller,
    caller: Callable[[str], Caller],
    populated: Cloud,
    operation: str,
    persona: str,
    outcome: str,
) -> None:
    """The persona gets what the row says, and a refused request changes nothing."""
    method, template = operation.split(" ")
    prepare(populated, operation)
    who = anybody if persona == "anybody" else caller(persona)
    response = who.request(method, path_of(method, template), **arguments_of(method, template))
    if outcome == "ok":
        assert response.status_code < 300, response.text
        return
    refusal(response, STATUSES[outcome], outcome)
    if outcome not in LATE:
        assert populated.calls() == []
    assert populated.writes() == []


def test_reader_can_do_no_write() -> None:
    """In no row may a reader do anything but look."""
    allowed = {
        operation for operation, outcomes in TABLE.items() if "reader" in outcomes.get("ok", [])
    }
    others = {operation for operation in allowed if not operation.startswith("GET ")}
    assert others == {"POST /identity/v3/auth/tokens"}
