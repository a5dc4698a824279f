# SPDX-License-Identifier: Apache-2.0
"""Writes that are answered by something else than the service: they do not count as performed."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.operations.test_lost_steps import WRITES, send
from tests.unit.prepared import prepare

PAGE: Final = {"text": "<html>Maintenance</html>", "headers": {"Content-Type": "text/html"}}


@pytest.mark.parametrize(("method", "path"), WRITES)
@pytest.mark.parametrize(
    "answer",
    [PAGE, {"text": ""}, {"text": "[]"}, {"status_code": 304}, PAGE | {"status_code": 404}],
    ids=["web page", "empty", "list", "redirect", "404 of a proxy"],
)
def test_not_performed(
    caller: Callable[[str], Caller],
    populated: Cloud,
    method: str,
    path: str,
    answer: dict[str, Any],
) -> None:
    """The gateway names the service, and says that the outcome is unknown."""
    prepare(populated, f"{method} {path}")
    populated.answer_writes(**answer)
    persona = "member" if "keypairs" in path else "admin"  # the creator of the keypair
    response = send(caller(persona), method, path)
    error = response.json["error"]
    assert (response.status_code, error["code"]) == (502, "upstream_error")
    assert error["service"]
    assert error["outcome"] == "unknown"
