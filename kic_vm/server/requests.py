"""From the bytes of a connection to requests."""

import dataclasses
import functools
import re
from typing import Final

import httptools

from kic_vm import exceptions
from kic_vm.server.limits import HEADER_MAXIMUM, HEADERS_MAXIMUM, REQUEST_LINE_MAXIMUM

_LINE_END: Final = b"\r\n"
_HEAD_END: Final = b"\r\n\r\n"
_HEAD_MAXIMUM: Final = REQUEST_LINE_MAXIMUM + HEADERS_MAXIMUM * (HEADER_MAXIMUM + 2)
_VERSIONS: Final = frozenset({"1.0", "1.1"})
_BARE_LINE_FEED: Final = re.compile(rb"(?<!\r)\n")
_METHOD: Final = re.compile(rb"[A-Z]{3,20} ")
_WITHOUT_PREFIX: Final = frozenset({"CONTENT_TYPE", "CONTENT_LENGTH"})
# A request with two of these means one thing to one reader and another to the next.
_SINGLE: Final = frozenset({"HTTP_HOST", "CONTENT_TYPE"})
# A body in chunks of single bytes is received as six times its size.
_CHUNKS_FACTOR: Final = 8
_CHUNKS_ALLOWANCE: Final = 65536


@dataclasses.dataclass(slots=True)
class Request:
    """A request whose head has come."""

    method: str
    target: bytes
    """The path with its query, as they were sent."""
    version: str
    headers: dict[str, str]
    """By their keys in the WSGI environment."""
    is_persistent: bool
    """The client may send its next request on the same connection."""
    expects_continue: bool
    """The client waits for a 100 before it sends the body."""
    body: bytes = b""
    is_cut: bool = False
    """The body is too large and was not received as a whole."""


class RequestReader:
    """Reads the requests of one connection, one after the other.

    :param body_maximum: bytes of a body; larger ones are cut
    """

    def __init__(self, body_maximum: int) -> None:
        self._body_maximum = body_maximum
        self._buffer = bytearray()
        self._seen = 0
        self._length = 0
        self._chunks: _Chunks | None = None
        self.unfinished: Request | None = None
        """A request of which the head has come, and not yet the whole body."""

    @property
    def is_idle(self) -> bool:
        """Nothing of a next request has come."""
        return not self._buffer and self.unfinished is None

    @property
    def size(self) -> int:
        """Bytes that are held."""
        return len(self._buffer) + (len(self._chunks.body) if self._chunks else 0)

    def feed(self, data: bytes) -> None:
        """Take what was received."""
        self._buffer += data

    def next_request(self) -> Request | None:
        """The next request, when all of it has come.

        :raises MalformedRequest: it is not HTTP
        :raises AddressTooLong: the request line is too long
        :raises HeadersTooLarge: there are too many headers, or one is too long
        """
        if self.unfinished is None:
            head = self._take_head()
            if head is None:
                return None
            self.unfinished = self._begin(head)
        request = self.unfinished
        is_finished = (
            self._receive_chunks(request, self._chunks)
            if self._chunks
            else self._receive_body(request)
        )
        if not is_finished:
            return None
        self.unfinished = self._chunks = None
        return request

    def _take_head(self) -> bytes | None:
        buffer = self._buffer
        if buffer.startswith(_LINE_END):  # RFC 9112, 2.2: an empty line before it is ignored
            del buffer[: len(_LINE_END)]
        seen, self._seen = self._seen, len(buffer)
        end = buffer.find(_HEAD_END, max(0, seen - len(_HEAD_END)))
        if end < 0:
            _check_unfinished(buffer, seen)
            return None
        head = bytes(buffer[: end + len(_HEAD_END)])
        del buffer[: len(head)]
        self._seen = 0
        _check_sizes(head)
        return head

    def _begin(self, head: bytes) -> Request:
        message = _Message()
        parser, method = _parse(head, message)
        version, headers = parser.get_http_version(), message.headers
        expectation = headers.get("HTTP_EXPECT", "100-continue").lower()
        if version not in _VERSIONS or message.is_ambiguous or expectation != "100-continue":
            raise exceptions.MalformedRequest
        coding = headers.pop("HTTP_TRANSFER_ENCODING", None)
        if coding is None:
            self._length = int(headers.get("CONTENT_LENGTH", 0))
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
        # What comes behind the last chunk in the same piece is not read again.
        request.is_persistent = request.is_persistent and not chunks.is_overrun
        return True


class _Message:
    """What the parser has read of one request."""

    def __init__(self) -> None:
        self.target = b""
        self.headers: dict[str, str] = {}
        self.is_ambiguous = False
        self.body = bytearray()
        self.is_whole = False
        self.is_overrun = False
        self._is_head_over = False

    def on_message_begin(self) -> None:
        if self.is_whole:
            self.is_overrun = True

    def on_url(self, part: bytes) -> None:
        if not self.is_whole:
            self.target += part

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._is_head_over:  # a trailer
            return
        key = _environ_key(name)
        if key is None:
            return
        text = value.decode("latin-1")
        if key not in self.headers:
            self.headers[key] = text
        elif key in _SINGLE:
            self.is_ambiguous = True
        else:
            self.headers[key] += f",{text}"

    def on_headers_complete(self) -> None:
        self._is_head_over = True

    def on_body(self, part: bytes) -> None:
        if not self.is_whole:
            self.body += part

    def on_message_complete(self) -> None:
        self.is_whole = True


class _Chunks:
    """A body that comes in chunks."""

    def __init__(self, parser: httptools.HttpRequestParser, message: _Message) -> None:
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
        except httptools.HttpParserError as error:
            if not self.is_finished:
                raise exceptions.MalformedRequest from error
            self._message.is_overrun = True


def _parse(head: bytes, message: _Message) -> tuple[httptools.HttpRequestParser, str]:
    """Parse a head; the parser, for the body, and the method."""
    parser = httptools.HttpRequestParser(message)
    try:
        parser.feed_data(head)
    except httptools.HttpParserUpgrade:
        pass  # no other protocol is offered, so it stays with HTTP
    except httptools.HttpParserInvalidMethodError as error:
        method = _METHOD.match(head)
        if method is None:
            raise exceptions.MalformedRequest from error
        # Which methods there are is for the application to say.
        parser, _post = _parse(b"POST " + head[method.end() :], message)
        return parser, method.group().decode().strip()
    except httptools.HttpParserError as error:
        raise exceptions.MalformedRequest from error
    return parser, parser.get_method().decode()


def _is_persistent(version: str, headers: dict[str, str]) -> bool:
    options = headers.get("HTTP_CONNECTION")
    if options is None:
        return version == "1.1"
    given = {option.strip() for option in options.lower().split(",")}
    return "close" not in given and (version == "1.1" or "keep-alive" in given)


def _check_unfinished(buffer: bytearray, seen: int) -> None:
    """Refuse a head that cannot become a good one, whatever may come.

    :param seen: bytes that were checked before
    """
    if _BARE_LINE_FEED.search(buffer, max(0, seen - 1)):
        raise exceptions.MalformedRequest
    if len(buffer) <= REQUEST_LINE_MAXIMUM:
        return
    if buffer.find(_LINE_END, 0, REQUEST_LINE_MAXIMUM + len(_LINE_END)) < 0:
        if len(buffer) > REQUEST_LINE_MAXIMUM + 1:  # the last byte may begin the end of the line
            raise exceptions.AddressTooLong
        return
    last = len(buffer) - buffer.rfind(_LINE_END) - len(_LINE_END)
    if last > HEADER_MAXIMUM + 1 or len(buffer) > _HEAD_MAXIMUM:
        raise exceptions.HeadersTooLarge


def _check_sizes(head: bytes) -> None:
    if len(head) > HEADER_MAXIMUM:  # or no line of it can be too long
        line, *headers = head.split(_LINE_END)
        if len(line) > REQUEST_LINE_MAXIMUM:
            raise exceptions.AddressTooLong
        if max(map(len, headers)) > HEADER_MAXIMUM:
            raise exceptions.HeadersTooLarge
    # The request line and the empty line at the end are no headers.
    if head.count(_LINE_END) - 2 > HEADERS_MAXIMUM:
        raise exceptions.HeadersTooLarge


@functools.lru_cache(512)
def _environ_key(name: bytes) -> str | None:
    """The key of a header; None for a header that is left out.

    With an underscore, a header could be taken for another one, which a proxy has set.
    """
    if b"_" in name:
        return None
    key = name.decode("ascii").upper().replace("-", "_")
    return key if key in _WITHOUT_PREFIX else f"HTTP_{key}"
