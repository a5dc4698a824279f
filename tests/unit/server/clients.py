# SPDX-License-Identifier: Apache-2.0
"""What clients send and read, byte by byte."""

import http.client
import json
import socket
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

HALF_HEAD = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Unfinished: "
HALF_BODY = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nbegin"
GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


def echo(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
    """An application that answers what it was asked, and with which body."""
    body = environ["wsgi.input"].read().decode()
    answer = {
        "method": environ["REQUEST_METHOD"],
        "path": environ["PATH_INFO"],
        "query": environ["QUERY_STRING"],
        "length": environ.get("CONTENT_LENGTH"),
        "body": body,
    }
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(answer).encode()]


def read_answer(connection: socket.socket) -> tuple[int, Any]:
    """Status and JSON of the next answer on a connection."""
    response = http.client.HTTPResponse(connection)
    response.begin()
    return response.status, json.loads(response.read())


def take(connection: socket.socket, size: int) -> None:
    """Receive some bytes, and keep none of them."""
    while size > 0:
        piece = connection.recv(min(size, 65536))
        assert piece
        size -= len(piece)


def is_closed(connection: socket.socket) -> bool:
    """Whether the server closes a connection, without sending anything more."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True
