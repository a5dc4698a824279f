# SPDX-License-Identifier: Apache-2.0
"""What a service says of the time of the next try."""

import pytest
import requests
from keystoneauth1 import exceptions as ksa_exceptions

from kic_vm.adapters import errors
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal


def answer(status: int, value: str) -> requests.Response:
    """A service's answer with the header."""
    made = requests.Response()
    made.status_code = status
    made._content = b"{}"
    made.headers["Retry-After"] = value
    return made


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("17", 17),
        (" 0 ", 0),
        ("99999999999999999999", 86400),
        ("Fri, 31 Dec 1999 23:59:59 GMT", 0),
        ("Fri, 31 Dec 1999 23:59:59", 0),
        ("Fri, 31 Dec 2199 23:59:59 GMT", 86400),
        ("soon\tor later", None),
        ("Fri, 99 Dec 2199 99:59:59 GMT", None),
        ("-1", None),
        ("1.5", None),
        ("\u0661\u0667", None),
        ("", None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_value(status: int, value: str, seconds: int | None) -> None:
    """Seconds and dates become seconds, a day at most; anything else counts as no header."""
    assert errors.from_response("compute", answer(status, value)).retry_after == seconds


@pytest.mark.parametrize("status", [404, 409, 500, 504])
def test_other_statuses(status: int) -> None:
    """Only a service that is busy is worth the same request again."""
    assert errors.from_response("compute", answer(status, "17")).retry_after is None


@pytest.mark.parametrize(("status", "seconds"), [(429, 17), (503, 17), (500, None)])
def test_login(status: int, seconds: int | None) -> None:
    """Keystone may say it when the gateway asks for its own token."""
    raised = ksa_exceptions.from_response(answer(status, "17"), "POST", "http://keystone.test/v3")
    assert errors.from_exception("identity", raised).retry_after == seconds


def test_login_without_answer() -> None:
    """The failure of a login may come without an answer."""
    raised = ksa_exceptions.ServiceUnavailable()
    assert errors.from_exception("identity", raised).retry_after is None


class TestKeystone:
    """Keystone's own, if it neither validates a token nor lets the gateway log in."""

    @pytest.fixture
    def options(self) -> str:
        """A gateway of its own, which is not logged in."""
        return "[api]\nregion = kr-central-2\n"

    @pytest.mark.parametrize("status", [429, 503])
    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_passed_on(self, member: Caller, populated: Cloud, method: str, status: int) -> None:
        populated.answer(
            method, "keystone", "/auth/tokens", status=status, headers={"Retry-After": "17"}
        )
        answer = member.get("/api/v1/flavors")
        assert refusal(answer, 503, "upstream_unavailable")["service"] == "identity"
        assert answer.headers["Retry-After"] == "17"
