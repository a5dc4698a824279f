# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 messages as bytes: enough to pass them on, and to spoil them."""

import asyncio
import dataclasses
import http
import json
from typing import Any, Final

LIMIT: Final = 64 * 2**20  # bytes of a head or a body
_WITHOUT_BODY: Final = {204, 304}
# They concern one connection, and the proxy has two.
_HOP_BY_HOP: Final = {"connection", "keep-alive", "transfer-encoding", "content-length"}


class MalformedMessage(Exception):
    """The bytes on a connection are not an HTTP/1.1 message."""


@dataclasses.dataclass
class Message:
    """A head and a body, of a request or of an answer."""

    start_line: str
    headers: list[tuple[str, str]]
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """The value of a header, whatever the case of its name."""
        values = (value for key, value in self.headers if key.lower() == name.lower())
        return next(values, None)

    def replace_header(self, name: str, value: str) -> None:
        """Set a header that the message may have already."""
        self.headers = [(key, old) for key, old in self.headers if key.lower() != name.lower()]
        self.headers.append((name, value))

    @property
    def keeps_connection(self) -> bool:
        """Whether another message may follow on the same connection."""
        return (self.header("Connection") or "").lower() != "close"

    def encode(self, content_length: int | None = None) -> bytes:
        """The bytes on the wire.

        :param content_length: the length to claim, where it is not the body's
        """
        lines = [self.start_line]
        lines += [
            f"{name}: {value}" for name, value in self.headers if name.lower() not in _HOP_BY_HOP
        ]
        length = len(self.body) if content_length is None else content_length
        lines.append(f"Content-Length: {length}")
        if not self.keeps_connection:
            lines.append("Connection: close")
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


class Request(Message):
    """A request."""

    @property
    def method(self) -> str:
        """``GET``, ``POST`` and so on."""
        return self.start_line.split(" ")[0]

    @property
    def target(self) -> str:
        """Path and query."""
        return self.start_line.split(" ")[1]

    @property
    def path(self) -> str:
        """The path without the query."""
        return self.target.partition("?")[0]


class Answer(Message):
    """An answer."""

    @property
    def status(self) -> int:
        """The status code."""
        return int(self.start_line.split(" ")[1])


def answer(status: int, body: bytes = b"", content_type: str = "application/json") -> Answer:
    """An answer of the proxy's own."""
    reason = http.HTTPStatus(status).phrase
    return Answer(f"HTTP/1.1 {status} {reason}", [("Content-Type", content_type)], body)


def json_answer(status: int, content: Any) -> Answer:
    """An answer with a JSON body."""
    return answer(status, json.dumps(content).encode())


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    """The next request; None where the client has closed the connection.

    :raises MalformedMessage: what comes is no HTTP
    """
    try:
        start_line, headers = await _read_head(reader)
    except asyncio.IncompleteReadError as error:
        if not error.partial:
            return None
        raise MalformedMessage from error
    request = Request(start_line, headers)
    if request.header("Transfer-Encoding") or request.header("Content-Length"):
        request.body = await _read_body(reader, request)
    return request


async def read_answer(reader: asyncio.StreamReader, method: str) -> Answer:
    """The answer to a request.

    :param method: the request's, as an answer to HEAD has no body
    :raises MalformedMessage: what comes is no HTTP
    """
    try:
        start_line, headers = await _read_head(reader)
        response = Answer(start_line, headers)
        if method != "HEAD" and response.status not in _WITHOUT_BODY:
            response.body = await _read_body(reader, response)
    except asyncio.IncompleteReadError as error:
        raise MalformedMessage from error
    return response


async def _read_head(reader: asyncio.StreamReader) -> tuple[str, list[tuple[str, str]]]:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError as error:
        raise MalformedMessage from error
    start_line, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    if len(start_line.split(" ")) < 3:
        raise MalformedMessage(start_line)
    headers = [(name, value.strip()) for name, _colon, value in (ln.partition(":") for ln in lines)]
    return start_line, headers


async def _read_body(reader: asyncio.StreamReader, message: Message) -> bytes:
    if (message.header("Transfer-Encoding") or "").lower() == "chunked":
        return await _read_chunks(reader)
    length = message.header("Content-Length")
    if length is not None:
        return await reader.readexactly(int(length))
    return await reader.read(LIMIT)  # up to the end of the connection


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    chunks: list[bytes] = []
    while True:
        size = int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16)
        chunk = await reader.readexactly(size + 2)
        if size == 0:
            return b"".join(chunks)
        chunks.append(chunk[:-2])
