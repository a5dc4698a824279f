# SPDX-License-Identifier: Apache-2.0
"""Writes that are answered by something else than the service: they do not count as performed."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from kic_vm import policies
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.prepared import prepare
from tests.unit.requests_of import arguments_of, path_of

WRITES: Final = sorted(
    f"{guarded['method']} {guarded['path']}"
    for rule in policies.guarding_rules()
    for guarded in rule.operations
    if guarded["method"] != "GET" and rule.check_str != policies.base.PUBLIC
)
PAGE: Final = {"text": "<html>Maintenance</html>", "headers": {"Content-Type": "text/html"}}


@pytest.mark.parametrize("operation", WRITES)
@pytest.mark.parametrize(
    "answer",
    [PAGE, {"text": ""}, {"text": "[]"}, {"status_code": 304}],
    ids=["web page", "empty", "list", "redirect"],
)
def test_not_performed(
    caller: Callable[[str], Caller], populated: Cloud, operation: str, answer: dict[str, Any]
) -> None:
    """The gateway names the service, and says that the outcome is unknown."""
    prepare(populated, operation)
    populated.answer_writes(**answer)
    method, path = operation.split()
    persona = "member" if "keypairs" in path else "admin"  # the creator of the keypair
    response = caller(persona).request(method, path_of(method, path), **arguments_of(method, path))
    error = response.json["error"]
    assert (response.status_code, error["code"]) == (502, "upstream_error")
    assert error["service"]
    assert error["outcome"] == "unknown"
