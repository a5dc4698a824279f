# SPDX-License-Identifier: Apache-2.0
"""Convert the bytes of a connection to requests."""

import dataclasses
from typing import Final

import httptools

from kic_vm import exceptions
from kic_vm.server import heads

_VERSIONS: Final = frozenset({"1.0", "1.1"})
# A chunked body with chunks of one byte takes six times its size on the wire.
_CHUNKS_FACTOR: Final = 8
_CHUNKS_ALLOWANCE: Final = 65536


@dataclasses.dataclass(slots=True)
class Request:
    """A request whose head was received."""

    method: str
    target: bytes
    """The path and query as sent."""
    version: str
    headers: dict[str, str]
    """The headers by their keys in the WSGI environment."""
    is_persistent: bool
    """The client can send its next request on the same connection."""
    expects_continue: bool
    """The client waits for a 100 response before it sends the body."""
    body: bytes = b""
    is_cut: bool = False
    """The body is too large and was not received completely."""


class RequestReader:
    """Reads the requests of one connection, in sequence.

    :param body_maximum: maximum size of a body in bytes; larger bodies are cut
    """

    def __init__(self, body_maximum: int) -> None:
        self._body_maximum = body_maximum
        self._buffer = bytearray()
        self._seen = 0
        self._length = 0
        self._chunks: _Chunks | None = None
        self.unfinished: Request | None = None
        """A request whose head was received, but not yet the whole body."""
        self._head_length = 0

    @property
    def is_idle(self) -> bool:
        """Whether no part of a next request was received."""
        # An empty line before a request is not a part of it, nor is the first half of one.
        return bytes(self._buffer[:2]) in {b"", b"\r"} and self.unfinished is None

    @property
    def size(self) -> int:
        """The number of received bytes that are kept: of unfinished or later requests."""
        # The parser keeps trailers and extensions of chunks, not only the body.
        chunks = self._chunks.received if self._chunks else 0
        return len(self._buffer) + self._head_length + chunks

    def feed(self, data: bytes) -> None:
        """Add received bytes."""
        self._buffer += data

    def next_request(self) -> Request | None:
        """The next request, if it was received completely.

        :raises MalformedRequest: the bytes are not HTTP
        :raises AddressTooLong: the request line is too long
        :raises HeadersTooLarge: there are too many headers, or one is too long
        """
        if self.unfinished is None:
            head = self._take_head()
            if head is None:
                return None
            self.unfinished = self._begin(head)
            self._head_length = len(head)
        request = self.unfinished
        is_finished = (
            self._receive_chunks(request, self._chunks)
            if self._chunks
            else self._receive_body(request)
        )
        if not is_finished:
            return None
        self.unfinished = self._chunks = None
        self._head_length = 0
        return request

    def _take_head(self) -> bytes | None:
        buffer = self._buffer
        if buffer.startswith(heads.LINE_END):  # RFC 9112, 2.2: ignore an empty line before it
            del buffer[: len(heads.LINE_END)]
        seen, self._seen = self._seen, len(buffer)
        end = buffer.find(heads.HEAD_END, max(0, seen - len(heads.HEAD_END)))
        if end < 0:
            heads.check_unfinished(buffer, seen)
            return None
        head = bytes(buffer[: end + len(heads.HEAD_END)])
        del buffer[: len(head)]
        self._seen = 0
        heads.check_sizes(head)
        return head

    def _begin(self, head: bytes) -> Request:
        message = heads.Message()
        parser, method = heads.parse(head, message)
        version, headers = parser.get_http_version(), message.headers
        expectation = headers.get("HTTP_EXPECT", "100-continue").lower()
        if version not in _VERSIONS or message.is_ambiguous or expectation != "100-continue":
            raise exceptions.MalformedRequest
        coding = headers.pop("HTTP_TRANSFER_ENCODING", None)
        if coding is None:
            self._length = _length(headers)
        elif coding.lower() == "chunked" and version == "1.1" and not parser.should_upgrade():
            self._chunks = _Chunks(parser, message)
        else:
            raise exceptions.MalformedRequest
        is_upgrade = parser.should_upgrade()
        return Request(
            method=method,
            target=message.target,
            version=version,
            headers=headers,
            is_persistent=not is_upgrade and _is_persistent(version, headers),
            expects_continue=version == "1.1" and "HTTP_EXPECT" in headers,
        )

    def _receive_body(self, request: Request) -> bool:
        if self._length > self._body_maximum:
            request.is_cut = True
            return True
        if len(self._buffer) < self._length:
            return False
        if self._length:
            request.body = bytes(self._buffer[: self._length])
            del self._buffer[: self._length]
        return True

    def _receive_chunks(self, request: Request, chunks: "_Chunks") -> bool:
        if self._buffer:
            chunks.feed(bytes(self._buffer))
            self._buffer.clear()
        most = _CHUNKS_FACTOR * self._body_maximum + _CHUNKS_ALLOWANCE
        request.is_cut = len(chunks.body) > self._body_maximum or chunks.received > most
        if not (chunks.is_finished or request.is_cut):
            return False
        request.body = bytes(chunks.body)
        size = max(len(request.body), self._body_maximum + 1 if request.is_cut else 0)
        request.headers["CONTENT_LENGTH"] = str(size)
        # Bytes after the last chunk in the same piece are lost, so the connection must close.
        request.is_persistent = request.is_persistent and not chunks.is_overrun
        return True


class _Chunks:
    """A chunked body."""

    def __init__(self, parser: httptools.HttpRequestParser, message: heads.Message) -> None:
        self._parser = parser
        self._message = message
        self.received = 0

    @property
    def body(self) -> bytearray:
        return self._message.body

    @property
    def is_finished(self) -> bool:
        return self._message.is_whole

    @property
    def is_overrun(self) -> bool:
        return self._message.is_overrun

    def feed(self, data: bytes) -> None:
        self.received += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            if not self.is_finished:
                raise exceptions.MalformedRequest from error
            self._message.is_overrun = True


def _length(headers: dict[str, str]) -> int:
    try:
        return int(headers.get("CONTENT_LENGTH", 0))
    except ValueError as error:  # thousands of digits; llhttp accepts leading zeros
        raise exceptions.MalformedRequest from error


def _is_persistent(version: str, headers: dict[str, str]) -> bool:
    options = headers.get("HTTP_CONNECTION")
    if options is None:
        return version == "1.1"
    tokens = {option.strip() for option in options.lower().split(",")}
    return "close" not in tokens and (version == "1.1" or "keep-alive" in tokens)
