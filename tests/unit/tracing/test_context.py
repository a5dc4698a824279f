# SPDX-License-Identifier: Apache-2.0
"""W3C trace context: the client's trace goes on, to the services too."""

import pytest

from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.tracing.spans import (
    CLIENT_SPAN,
    ENABLED,
    INSTANCE,
    PARENT,
    ROUTE,
    TRACE_ID,
    Finished,
    the,
)


def test_continued(member: Caller, finished: Finished, populated: Cloud) -> None:
    """The client's trace goes on, to the services too."""
    member.get(INSTANCE, headers=PARENT)
    span = the(finished(), ROUTE)
    assert span.parent is not None
    assert (f"{span.parent.trace_id:032x}", f"{span.parent.span_id:016x}") == (
        TRACE_ID,
        CLIENT_SPAN,
    )
    assert populated.sent("nova")
    for request in populated.sent("nova"):
        assert request.headers["traceparent"].startswith(f"00-{TRACE_ID}-")
        assert request.headers["tracestate"] == "vendor=value"


def test_long_state(member: Caller, finished: Finished, populated: Cloud) -> None:
    """A tracestate that could make the headers too long for a service is dropped."""
    state = ",".join(f"vendor{number}={'x' * 100}" for number in range(20))
    member.get(INSTANCE, headers=PARENT | {"tracestate": state})
    assert the(finished(), ROUTE).parent is not None
    assert populated.sent("nova")
    assert not any("tracestate" in request.headers for request in populated.sent("nova"))


def test_not_sampled(member: Caller, finished: Finished, populated: Cloud) -> None:
    """If the client does not record its trace, neither does the gateway, and it says so."""
    member.get(INSTANCE, headers={"traceparent": f"00-{TRACE_ID}-{CLIENT_SPAN}-00"})
    assert finished() == {}
    headers = [request.headers["traceparent"] for request in populated.sent("nova")]
    assert headers
    assert all(header.endswith("-00") for header in headers)


@pytest.mark.parametrize("header", ["", "nonsense", "00-0-0-01", "00-" + "0" * 32, "ü"])
def test_invalid(member: Caller, finished: Finished, header: str) -> None:
    """An invalid header starts a new trace."""
    assert member.get(INSTANCE, headers={"traceparent": header}).status_code == 200
    assert the(finished(), ROUTE).parent is None


class TestNotContinued:
    """[tracing] continue_client_traces = false"""

    @pytest.fixture
    def options(self) -> str:
        return f"{ENABLED}continue_client_traces = false\n"

    def test_link(self, member: Caller, finished: Finished) -> None:
        """The gateway starts its own trace, with a link to the client's."""
        member.get(INSTANCE, headers=PARENT)
        span = the(finished(), ROUTE)
        assert span.parent is None
        assert [f"{link.context.trace_id:032x}" for link in span.links] == [TRACE_ID]


class TestSampled:
    """[tracing] sample_ratio = 0"""

    @pytest.fixture
    def options(self) -> str:
        return f"{ENABLED}sample_ratio = 0\n"

    def test_none(self, member: Caller, finished: Finished) -> None:
        """No trace of the gateway is recorded, but that of a client which records its own."""
        member.get(INSTANCE)
        assert finished() == {}
        member.get(INSTANCE, headers=PARENT)
        assert ROUTE in finished()
