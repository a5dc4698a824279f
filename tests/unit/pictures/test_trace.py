# SPDX-License-Identifier: Apache-2.0
"""The picture of a trace: the tree of its spans, with their names and times alone."""

import re
import urllib.request

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SentSpan

from doc import picture_command
from doc.trace_picture import drawing
from doc.trace_picture.run import Receiver
from doc.trace_picture.spans import Span, trace_of
from tests.unit.personas import PROJECT

PICTURE = picture_command.IMAGES / "trace-create.svg"
CLIENT = b"client-1"
MILLISECOND = 1_000_000


def sent(name: str, own: bytes, parent: bytes, start: int, end: int, **attributes: str) -> SentSpan:
    """A span as the gateway sends it; times in milliseconds."""
    return SentSpan(
        name=name,
        span_id=own,
        parent_span_id=parent,
        kind=SentSpan.SPAN_KIND_CLIENT
        if "kic_vm.service" in attributes
        else SentSpan.SPAN_KIND_SERVER,
        start_time_unix_nano=start * MILLISECOND,
        end_time_unix_nano=end * MILLISECOND,
        attributes=[
            KeyValue(key=key, value=AnyValue(string_value=value))
            for key, value in attributes.items()
        ],
    )


def body(*spans: SentSpan) -> bytes:
    request = ExportTraceServiceRequest()
    request.resource_spans.add().scope_spans.add().spans.extend(spans)
    return bytes(request.SerializeToString())


@pytest.fixture
def spans() -> list[Span]:
    """Of a request with two calls, the second one failed and has a part; and of another request."""
    compute = {"kic_vm.service": "compute"}
    network = {"kic_vm.service": "network", "error.type": "503"}
    bodies = [
        body(
            sent("wait", b"span-003", b"span-002", 130, 140),
            sent(
                "network GET",
                b"span-002",
                b"span-001",
                120,
                150,
                **network,
            ),
            sent("compute GET", b"span-004", b"span-001", 110, 180, **compute),
        ),
        body(
            sent("POST", b"span-001", CLIENT, 100, 200, **{"openstack.project_id": PROJECT}),
            sent("GET", b"span-005", b"client-2", 100, 200),
        ),
    ]
    return trace_of(bodies, CLIENT)


def test_tree(spans: list[Span]) -> None:
    """Each span is below its parent, in the order of time."""
    assert [(span.name, span.depth, span.start, span.duration) for span in spans] == [
        ("POST", 0, 0, 100),
        ("compute GET", 1, 10, 70),
        ("network GET", 1, 20, 30),
        ("wait", 2, 30, 10),
    ]
    assert [span.outcome for span in spans] == [None, None, "503", None]


def test_other_trace(spans: list[Span]) -> None:
    """There is no trace until the span of the request has arrived."""
    assert trace_of([body(sent("GET", b"span-002", b"span-001", 1, 2))], CLIENT) == []


def test_drawn(spans: list[Span]) -> None:
    """Each span has its row, and the picture has no ids."""
    picture = drawing.drawn(spans)
    for span in spans:
        assert f">{span.name}</text>" in picture
    assert f">{spans[1].duration:.1f} ms</text>" in picture
    assert PROJECT not in picture


def test_receiver() -> None:
    """The collector keeps the bodies that it receives."""
    receiver = Receiver()
    with receiver.receiving():
        request = urllib.request.Request(receiver.endpoint, b"body")  # noqa: S310 - our own
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            assert answer.status == 200
    assert receiver.bodies == [b"body"]


def test_kept_picture() -> None:
    """The kept picture shows a create, and no ids and no addresses."""
    picture = PICTURE.read_text()
    assert ">POST /api/v1/instances</text>" in picture
    assert ">compute POST /servers</text>" in picture
    assert not re.search(r"[0-9a-f]{8}-|[0-9a-f]{12}|127\.0\.0\.1", picture)
