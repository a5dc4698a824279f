# SPDX-License-Identifier: Apache-2.0
"""Both sides of WSGI: what the application is given, and what its answers become."""

import socket
from collections.abc import Iterator
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment
from wsgiref.validate import validator

import pytest

from kic_vm.server.answers import answer_of
from kic_vm.server.environ import environ_of
from kic_vm.server.requests import Request
from tests.unit.server.clients import GET, echo
from tests.unit.server.conftest import StartServer


def environ(method: str = "GET", target: bytes = b"/", **headers: str) -> WSGIEnvironment:
    """The environment of a request."""
    request = Request(
        method=method,
        target=target,
        version="1.1",
        headers=headers,
        is_persistent=True,
        expects_continue=False,
        body=b"body",
    )
    return environ_of(request, ("192.0.2.1", 1), ("192.0.2.2", 8788), is_multiprocess=True)


def test_environ() -> None:
    """It says what was asked, by whom and where; only the server can say the last two."""
    found = environ("POST", b"/a%20b?c=d", CONTENT_TYPE="a/b", HTTP_X_AUTH_TOKEN="t")
    assert found["wsgi.input"].read() == b"body"
    assert found["wsgi.multiprocess"] is True
    assert {name: value for name, value in found.items() if not name.startswith("wsgi")} == {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/a b",
        "QUERY_STRING": "c=d",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": "192.0.2.2",
        "SERVER_PORT": "8788",
        "REMOTE_ADDR": "192.0.2.1",
        "REMOTE_PORT": "1",
        "CONTENT_TYPE": "a/b",
        "HTTP_X_AUTH_TOKEN": "t",
    }


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        (b"/a?b?c", "/a", "b?c"),
        (b"/a%3Fb", "/a?b", ""),
        (b"//a/../b", "//a/../b", ""),
        (b"/%C3%A9", "/\xc3\xa9", ""),
        (b"/a#b?c", "/a", ""),
        (b"http://localhost:8788/a?b", "/a", "b"),
        (b"http://localhost", "/", ""),
        (b"/a?b=http://localhost/c", "/a", "b=http://localhost/c"),
        (b"*", "*", ""),
        (b"localhost:1", "localhost:1", ""),
    ],
)
def test_target(target: bytes, path: str, query: str) -> None:
    """Path and query are found in every form of a target."""
    found = environ(target=target)
    assert (found["PATH_INFO"], found["QUERY_STRING"]) == (path, query)


def test_validator(start_server: StartServer) -> None:
    """The standard library's checker of WSGI servers has nothing to object to."""

    def checked(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        assert environ["wsgi.input"].read(10) == b""
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"valid"]

    server = start_server(validator(checked))
    with server.connect() as connection:
        connection.sendall(GET)
        assert b"valid" in received(connection, b"valid")


def received(connection: socket.socket, end: bytes) -> bytes:
    data = b""
    while not data.endswith(end):
        piece = connection.recv(4096)
        assert piece, data
        data += piece
    return data


def answer(
    status: str = "200 OK",
    headers: list[tuple[str, str]] | None = None,
    parts: Any = (b"body",),
    method: str = "GET",
) -> tuple[str, dict[str, str], bytes]:
    """What becomes of an application's answer: its first line, headers and body."""

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        start_response(status, headers or [])
        return parts

    head, body = answer_of(application, environ(method), is_last=False).data.split(b"\r\n\r\n", 1)
    line, *lines = head.decode("latin-1").split("\r\n")
    found = dict(line.split(": ", 1) for line in lines)
    assert found.pop("Date").endswith(" GMT")
    return line, found, body


def test_answer() -> None:
    """It has the length of its body, and says whether the connection is kept."""
    kept = {"Connection": "keep-alive"}
    assert answer() == ("HTTP/1.1 200 OK", kept | {"Content-Length": "4"}, b"body")
    assert answer(headers=[("content-length", "4")])[1] == kept | {"content-length": "4"}
    assert answer(parts=[])[1:] == (kept | {"Content-Length": "0"}, b"")
    assert b"\r\nConnection: close\r\n" in answer_of(echo, environ(), is_last=True).data


def test_head() -> None:
    """The answer to HEAD has the length of a body, and no body."""
    assert answer(method="HEAD")[1:] == (
        {"Connection": "keep-alive", "Content-Length": "4"},
        b"",
    )


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_no_content(status: str) -> None:
    """These have neither."""
    assert answer(status)[1:] == ({"Connection": "keep-alive"}, b"")


def test_written_answer() -> None:
    """An application may write its answer."""

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        start_response("200 OK", [])(b"writ")
        return [b"ten"]

    assert answer_of(application, environ(), is_last=False).data.endswith(b"\r\n\r\nwritten")


def test_header_of_several_lines() -> None:
    """It could be a second answer, so the client gets an error."""
    line, headers, body = answer(headers=[("Location", "/a\r\nSet-Cookie: b")])
    assert line == "HTTP/1.1 500 Internal Server Error"
    assert headers["Content-Type"] == "application/json"
    assert b"internal_error" in body


class Parts:
    """A body that has to be closed."""

    is_closed = False

    def __iter__(self) -> Iterator[bytes]:
        yield b"part"
        raise RuntimeError

    def close(self) -> None:
        self.is_closed = True


def test_failing_body() -> None:
    """It is closed, and the client gets an error instead of a part of it."""
    parts = Parts()
    line, _headers, body = answer(parts=parts)
    assert line == "HTTP/1.1 500 Internal Server Error"
    assert b"part" not in body
    assert parts.is_closed
