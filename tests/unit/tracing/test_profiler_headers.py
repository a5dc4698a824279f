# SPDX-License-Identifier: Apache-2.0
"""The headers of osprofiler."""

import pytest

from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.tracing.spans import ENABLED, INSTANCE, PARENT, Finished

PROFILER = {"X-Trace-Info": "eyJiYXNlX2lkIjogIjEifQ==", "X-Trace-HMAC": "0123456789abcdef"}


@pytest.fixture
def options() -> str:
    return "[tracing]\npass_osprofiler_headers = true\n"


def test_passed_on(member: Caller, populated: Cloud) -> None:
    """Each service gets both, and without traces, nothing else."""
    member.get(INSTANCE, headers=PROFILER | PARENT)
    requests_of_services = [*populated.sent("nova"), *populated.sent("neutron")]
    assert requests_of_services
    for request in requests_of_services:
        assert {name: request.headers[name] for name in PROFILER} == PROFILER
        assert "traceparent" not in request.headers


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Trace-Info": "eyJ9"},
        {"X-Trace-HMAC": "0123"},
        PROFILER | {"X-Trace-Info": "a b"},
        PROFILER | {"X-Trace-HMAC": "a" * 513},
    ],
)
def test_invalid(member: Caller, populated: Cloud, headers: dict[str, str]) -> None:
    """What no osprofiler has sent is dropped."""
    assert member.get(INSTANCE, headers=headers).status_code == 200
    assert not any("X-Trace-Info" in request.headers for request in populated.requests())


class TestWithTraces:
    """Both at the same time."""

    @pytest.fixture
    def options(self) -> str:
        return f"{ENABLED}pass_osprofiler_headers = true\n"

    def test_both(self, member: Caller, finished: Finished, populated: Cloud) -> None:
        """Each service gets both kinds of headers."""
        member.get(INSTANCE, headers=PROFILER)
        assert populated.sent("nova")
        for request in populated.sent("nova"):
            assert request.headers["X-Trace-Info"] == PROFILER["X-Trace-Info"]
            assert "traceparent" in request.headers
