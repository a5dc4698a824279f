# SPDX-License-Identifier: Apache-2.0
"""Writes that are answered by something else than the service: they do not count as performed."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from tests.unit.cloud import Cloud
from tests.unit.conftest import Answer, Caller
from tests.unit.operations.test_lost_steps import WRITES, send
from tests.unit.populated import populate
from tests.unit.prepared import prepare
from tests.unit.unreadable_answers import UNREADABLE

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
    check_outcome(send(writer(caller, path), method, path))


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_unreadable(
    caller: Callable[[str], Caller], populated: Cloud, method: str, path: str
) -> None:
    """The same if a library fails to read the answer. The write is sent once."""
    for kind, answer in UNREADABLE.items():
        populate(populated)
        prepare(populated, f"{method} {path}")
        populated.answer_writes(**answer)
        populated.forget()
        response = send(writer(caller, path), method, path)
        assert response.status_code == 502, (kind, response.text)
        check_outcome(response)
        writes = [request.url for request in populated.requests() if request.method != "GET"]
        assert len(writes) == len(set(writes)), kind
        assert not [url for url in writes if "elsewhere" in url], kind


def writer(caller: Callable[[str], Caller], path: str) -> Caller:
    """An admin, or the creator of the keypair."""
    return caller("member" if "keypairs" in path else "admin")


def check_outcome(response: Answer) -> None:
    """The response names the service, and says that the outcome is unknown."""
    error = response.json["error"]
    assert (response.status_code, error["code"]) == (502, "upstream_error")
    assert error["service"]
    assert error["outcome"] == "unknown"
