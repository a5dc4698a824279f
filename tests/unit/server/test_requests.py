# SPDX-License-Identifier: Apache-2.0
"""From bytes to requests."""

import pytest

from kic_vm import exceptions
from kic_vm.server.requests import Request, RequestReader

LONG = b"z" * 8190


def read(sent: bytes, body_maximum: int = 100) -> Request:
    """The request in some bytes."""
    reader = RequestReader(body_maximum)
    reader.feed(sent)
    request = reader.next_request()
    assert request is not None
    return request


def test_get() -> None:
    """Method, target and headers are what was sent."""
    request = read(b"GET /a?b=c HTTP/1.1\r\nHost: localhost\r\nX-Auth-Token: t\r\n\r\n")
    assert (request.method, request.target, request.version) == ("GET", b"/a?b=c", "1.1")
    assert request.headers == {"HTTP_HOST": "localhost", "HTTP_X_AUTH_TOKEN": "t"}
    assert request.is_persistent


def test_single_bytes() -> None:
    """It does not matter in which pieces a request comes."""
    sent = b"POST / HTTP/1.1\r\nContent-Type: a/b\r\nContent-Length: 3\r\n\r\nabc"
    reader = RequestReader(100)
    for number in range(len(sent) - 1):
        reader.feed(sent[number : number + 1])
        assert reader.next_request() is None
        assert not reader.is_idle
    reader.feed(sent[-1:])
    request = reader.next_request()
    assert request is not None
    assert request.body == b"abc"
    assert request.headers == {"CONTENT_TYPE": "a/b", "CONTENT_LENGTH": "3"}
    assert reader.is_idle


def test_several_requests() -> None:
    """Requests that come at once are read one after the other."""
    reader = RequestReader(100)
    reader.feed(
        b"POST /1 HTTP/1.1\r\nContent-Length: 2\r\n\r\nab\r\nGET /2 HTTP/1.1\r\n\r\nGET /3 HTTP/1.1"
    )
    targets = []
    while request := reader.next_request():
        targets.append((request.target, request.body))
    assert targets == [(b"/1", b"ab"), (b"/2", b"")]
    assert not reader.is_idle


def test_chunks() -> None:
    """A body in chunks is put together, and its length is known then."""
    request = read(
        b"POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n"
        b"3\r\nabc\r\n2;name=value\r\nde\r\n0\r\nHost: trailer\r\n\r\n"
    )
    assert request.body == b"abcde"
    assert request.headers == {"CONTENT_LENGTH": "5"}
    assert request.is_persistent


@pytest.mark.parametrize(
    "behind",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HT",
        b"\x00zz",
        b"CONNECT localhost:1 HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
    ],
)
def test_request_behind_chunks(behind: bytes) -> None:
    """What comes with the last chunk is given up: the client sends it again elsewhere."""
    request = read(
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n" + behind
    )
    assert (request.method, request.target, request.body) == ("POST", b"/", b"a")
    assert not request.is_persistent


@pytest.mark.parametrize(
    "body",
    [
        b"Content-Length: 101\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n65\r\n" + b"z" * 101,
        b"Transfer-Encoding: chunked\r\n\r\n1;name=" + b"z" * 70_000,
    ],
    ids=["length", "chunks", "extension of a chunk"],
)
def test_large_body(body: bytes) -> None:
    """It is not received, and the application can tell by its length that it is too large."""
    request = read(b"POST / HTTP/1.1\r\n" + body)
    assert request.is_cut
    assert int(request.headers["CONTENT_LENGTH"]) > 100
    assert len(request.body) <= 101


@pytest.mark.parametrize(
    ("sent", "is_persistent"),
    [
        (b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", False),
        (b"GET / HTTP/1.1\r\nConnection: TE, Close\r\n\r\n", False),
        (b"GET / HTTP/1.1\r\nConnection: keep-alive\r\n\r\n", True),
        (b"GET / HTTP/1.0\r\n\r\n", False),
        (b"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", True),
        (b"GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", False),
        (b"CONNECT localhost:1 HTTP/1.1\r\n\r\n", False),
    ],
)
def test_persistence(sent: bytes, is_persistent: bool) -> None:
    """The version and the header Connection say whether the connection is kept."""
    assert read(sent).is_persistent is is_persistent


def test_upgrade_with_body() -> None:
    """The offer of another protocol is ignored, and the body is received."""
    request = read(
        b"POST / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nab"
    )
    assert request.body == b"ab"


def test_unknown_method() -> None:
    """It is for the application to refuse."""
    assert read(b"BREW /a HTTP/1.1\r\nA: b\r\n\r\n").method == "BREW"


def test_headers() -> None:
    """Repeated headers are joined; one with an underscore could be taken for another."""
    request = read(b"GET / HTTP/1.1\r\nA-B: 1\r\nA_B: 2\r\na-b: 3\r\nC: \xe9\r\n\r\n")
    assert request.headers == {"HTTP_A_B": "1,3", "HTTP_C": "\xe9"}


@pytest.mark.parametrize(
    "sent",
    [
        b"zzzz\r\n\r\n",
        b"\r\n\r\n\r\n\r\n",
        b"GET /\r\n\r\n",
        b"get / HTTP/1.1\r\n\r\n",
        b"GET z HTTP/1.1\r\n\r\n",
        b"GET /\xc3\xa9 HTTP/1.1\r\n\r\n",
        b"GET / HTTP/0.9\r\n\r\n",
        b"GET / HTTP/1.2\r\n\r\n",
        b"GET / HTTP/2.0\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/1.1\n\n",
        b"GET / HTTP/1.1\r\nA: b\nB: c\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n",
        b"GET / HTTP/1.1\r\nA : b\r\n\r\n",
        b"GET / HTTP/1.1\r\nA b: c\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: \x00\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nExpect: 200-ok\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: " + b"0" * 5000 + b"1\r\n\r\na",
        b"POST / HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: identity\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\r\nUpgrade: a\r\nConnection:upgrade\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
def test_no_request(sent: bytes) -> None:
    """What two readers could take for two things is refused."""
    with pytest.raises(exceptions.MalformedRequest):
        read(sent)


@pytest.mark.parametrize("end", [b"", b" HTTP/1.1\r\n\r\n", b" HTTP/1.1\r\nHost: a\r\n"])
def test_long_address(end: bytes) -> None:
    """It is refused before all of it has come."""
    with pytest.raises(exceptions.AddressTooLong):
        read(b"GET /" + LONG + end)


@pytest.mark.parametrize(
    "headers",
    [
        b"Z: " + LONG,
        b"Z: " + LONG + b"\r\n\r\n",
        b"A: a\r\nZ: " + LONG + b"\r\nB: b\r\n\r\n",
        b"Z: z\r\n" * 101 + b"\r\n",
        b"Z: z\r\n" * 200_000,
    ],
    ids=["unfinished", "last", "first", "many", "no end"],
)
def test_large_headers(headers: bytes) -> None:
    """They are refused before all of them have come."""
    with pytest.raises(exceptions.HeadersTooLarge):
        read(b"GET / HTTP/1.1\r\n" + headers)


def test_largest_head() -> None:
    """What is within the limits is taken."""
    target, value = b"/" + b"z" * (8190 - len("GET / HTTP/1.1")), b"z" * (8190 - len("A: "))
    head = b"GET " + target + b" HTTP/1.1\r\nA: " + value + b"\r\n" + b"Z: z\r\n" * 99 + b"\r\n"
    request = read(head)
    assert request.target == target
    assert request.headers["HTTP_A"] == value.decode()
