# SPDX-License-Identifier: Apache-2.0
"""The request line and the headers of a request, parsed by llhttp."""

import functools
import re
from typing import Final

import httptools

from kic_vm import exceptions
from kic_vm.server.limits import HEADER_MAXIMUM, HEADERS_MAXIMUM, REQUEST_LINE_MAXIMUM

LINE_END: Final = b"\r\n"
HEAD_END: Final = b"\r\n\r\n"
_HEAD_MAXIMUM: Final = REQUEST_LINE_MAXIMUM + HEADERS_MAXIMUM * (HEADER_MAXIMUM + len(LINE_END))
_BARE_LINE_FEED: Final = re.compile(rb"(?<!\r)\n")
_METHOD: Final = re.compile(rb"[A-Z]{3,20} ")
_WITHOUT_PREFIX: Final = frozenset({"CONTENT_TYPE", "CONTENT_LENGTH"})
# A request with two of these could be read differently by a proxy and by the gateway.
_SINGLE: Final = frozenset({"HTTP_HOST", "CONTENT_TYPE"})


class Message:
    """The parts of one request that llhttp has parsed; llhttp calls the methods."""

    def __init__(self) -> None:
        self.target = b""
        self.headers: dict[str, str] = {}
        self.is_ambiguous = False
        self.body = bytearray()
        self.is_whole = False
        # More bytes follow the request.
        self.is_overrun = False
        self._is_head_over = False

    def on_message_begin(self) -> None:
        """Called when another request begins after this one."""
        if self.is_whole:
            self.is_overrun = True

    def on_url(self, part: bytes) -> None:
        """Called with a part of the target."""
        if not self.is_whole:
            self.target += part

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called with a header, or with a trailer after a chunked body."""
        if self._is_head_over:
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
        """Called at the end of the head."""
        self._is_head_over = True

    def on_body(self, part: bytes) -> None:
        """Called with a part of a chunked body."""
        if not self.is_whole:
            self.body += part

    def on_message_complete(self) -> None:
        """Called at the end of the request."""
        self.is_whole = True


def parse(head: bytes, message: Message) -> tuple[httptools.HttpRequestParser, str]:
    """Parse a head into a message.

    :return: the parser, which can continue with a chunked body, and the method
    :raises MalformedRequest: the bytes are not the head of a request
    """
    parser = httptools.HttpRequestParser(message)
    try:
        parser.feed_data(head)
    except httptools.HttpParserUpgrade:
        pass  # no other protocol is offered, so HTTP continues
    except httptools.HttpParserInvalidMethodError as error:
        method = _METHOD.match(head)
        if method is None:
            raise exceptions.MalformedRequest from error
        # The application decides which methods exist.
        parser, _post = parse(b"POST " + head[method.end() :], message)
        return parser, method.group().decode().strip()
    except httptools.HttpParserError as error:
        raise exceptions.MalformedRequest from error
    return parser, parser.get_method().decode()


def check_unfinished(buffer: bytearray, seen: int) -> None:
    """Refuse an incomplete head that no further bytes can make valid.

    :param seen: number of bytes that were already checked
    :raises MalformedRequest: a line has a wrong ending
    :raises AddressTooLong: the request line is too long
    :raises HeadersTooLarge: the headers are too large
    """
    if _BARE_LINE_FEED.search(buffer, max(0, seen - 1)):
        raise exceptions.MalformedRequest
    if len(buffer) <= REQUEST_LINE_MAXIMUM:
        return
    if buffer.find(LINE_END, 0, REQUEST_LINE_MAXIMUM + len(LINE_END)) < 0:
        if len(buffer) > REQUEST_LINE_MAXIMUM + 1:  # the last byte may start the line ending
            raise exceptions.AddressTooLong
        return
    last = len(buffer) - buffer.rfind(LINE_END) - len(LINE_END)
    if last > HEADER_MAXIMUM + 1 or len(buffer) > _HEAD_MAXIMUM:
        raise exceptions.HeadersTooLarge


def check_sizes(head: bytes) -> None:
    """Refuse a head that is too large.

    :raises AddressTooLong: the request line is too long
    :raises HeadersTooLarge: there are too many headers, or one is too long
    """
    if len(head) > HEADER_MAXIMUM:  # otherwise no line can be too long
        line, *headers = head.split(LINE_END)
        if len(line) > REQUEST_LINE_MAXIMUM:
            raise exceptions.AddressTooLong
        if max(map(len, headers)) > HEADER_MAXIMUM:
            raise exceptions.HeadersTooLarge
    # The request line and the empty line at the end are not headers.
    if head.count(LINE_END) - 2 > HEADERS_MAXIMUM:
        raise exceptions.HeadersTooLarge


@functools.lru_cache(512)
def _environ_key(name: bytes) -> str | None:
    """The key of a header in the WSGI environment; None for a header that is dropped.

    A header with an underscore could pass as a different header that a proxy has set.
    """
    if b"_" in name:
        return None
    key = name.decode("ascii").upper().replace("-", "_")
    return key if key in _WITHOUT_PREFIX else f"HTTP_{key}"
