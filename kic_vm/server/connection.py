# SPDX-License-Identifier: Apache-2.0
"""The connection of a client, and the event that it waits for."""

import enum
import fcntl
import math
import select
import socket
import struct
import termios
import time
from collections.abc import Callable
from typing import Final

from kic_vm.events.held_answers import HeldAnswer
from kic_vm.server.environ import Address
from kic_vm.server.limits import Limits
from kic_vm.server.requests import RequestReader
from kic_vm.server.unsent_answer import UnsentAnswer

_PIECE: Final = 65536
_LINGER_SECONDS: Final = 2.0
"""Time for a client to read a last response, if it has sent more than the server has read."""


class Phase(enum.Enum):
    """The event that a connection waits for."""

    NEW = "the first byte"
    IDLE = "the next request"
    HEAD = "the rest of a head"
    BODY = "the rest of a body"
    SERVING = "the application"
    SENDING = "the client to take its answer"
    CLOSING = "the client to close it"
    PIPELINED = "the client to take earlier answers, then a thread: its next request has come"
    HELD = "news from the application"


SENDS: Final = frozenset({Phase.SENDING, Phase.PIPELINED})
"""The phases in which the client must take something."""


class Connection:
    """A client's connection. Only one thread uses it at a time, and none while it waits."""

    def __init__(self, sock: socket.socket, client: Address, server: Address, limits: Limits):
        sock.setblocking(False)
        self.sock = sock
        self.number = sock.fileno()
        self.client = client
        self.server = server
        self.reader = RequestReader(limits.body_maximum)
        self.unsent = UnsentAnswer()
        self.is_last = False
        """The connection closes after the response."""
        self.is_cut = False
        """The response is sent before the whole request was received."""
        self.is_continued = False
        """The client was told to send the body."""
        self.held_answer: HeldAnswer | None = None
        """An answer of the application that is not ready yet."""
        self.complete: Callable[[bytes], bytes] = bytes
        """Returns the whole response, given the body of the held answer."""
        self.phase = Phase.NEW
        self.transferred = 0
        """Bytes of the body received, or of the response sent, in this phase."""
        self.deadline = 0.0
        self.held = 0
        """``size`` at the start of the wait."""
        self._limits = limits
        self._since = time.monotonic()
        self._queued = 0
        """Bytes in the kernel at the start of a phase in which the client must take something."""

    def enter(self, phase: Phase) -> None:
        """Start waiting in a phase, or continue in the present one."""
        if phase is not self.phase:
            self.phase = phase
            self.transferred = 0
            self._queued = self._queue() if phase in SENDS else 0
            self._since = time.monotonic()
        self.deadline = self._since + self._seconds()

    def has_more_time(self) -> bool:
        """Whether the client has taken enough of an answer to have more time for it."""
        self.deadline = self._since + self._seconds()
        return self.deadline > time.monotonic()

    def _progress(self) -> int:
        """The number of bytes that the client has sent, or taken, in this phase."""
        if self.phase in SENDS:
            return self._queued + self.transferred - self._queue()
        return self.transferred

    def _queue(self) -> int:
        """The number of bytes that the kernel has accepted and the client has not."""
        (queue,) = struct.unpack("i", fcntl.ioctl(self.number, termios.TIOCOUTQ, bytes(4)))
        return int(queue)

    def _seconds(self) -> float:
        limits = self._limits
        match self.phase:
            case Phase.NEW | Phase.HEAD:
                return limits.head_timeout
            case Phase.IDLE:
                return limits.keep_alive
            case Phase.BODY | Phase.SENDING | Phase.PIPELINED:
                return limits.body_timeout + self._progress() / limits.minimum_rate
            case Phase.CLOSING:
                return _LINGER_SECONDS
            case Phase.SERVING:
                return math.inf
            case Phase.HELD:
                return self.held_answer.due - self._since if self.held_answer else 0

    @property
    def events(self) -> int:
        """The events that a poller must watch for."""
        if self.phase is Phase.HELD:
            return select.EPOLLRDHUP  # only that the client disconnects
        # The socket is writable, so a received request is served soon, unless the client takes
        # no answers.
        return select.EPOLLOUT if self.phase in SENDS else select.EPOLLIN

    def is_ready(self) -> bool:
        """Whether the awaited event has already happened."""
        return self._has_event(self.events)

    def _has_event(self, events: int) -> bool:
        """Whether one of some events, or an error, has happened."""
        poller = select.poll()
        poller.register(self.number, events)
        return bool(poller.poll(0))

    def is_disconnected(self) -> bool:
        """Whether the client has closed the connection, or will send nothing more.

        Bytes that the client sent before, such as its next request, may still be unread.
        """
        return self._has_event(select.POLLRDHUP)

    def has_more_requests(self) -> bool:
        """Whether the client has sent more than what was answered."""
        return not self.reader.is_idle or self._has_event(select.POLLIN)

    @property
    def size(self) -> int:
        """The number of bytes in memory, received or unsent."""
        return self.reader.size + self.unsent.size

    def drop_held_answer(self) -> None:
        """End the held answer, if there is one."""
        held, self.held_answer = self.held_answer, None
        if held is not None:
            held.close()

    def close(self) -> None:
        """Close the socket, and keep nothing of a request or answer."""
        self.sock.close()
        self.reader = RequestReader(0)
        self.unsent = UnsentAnswer()

    def receive(self) -> bool:
        """Receive what has come; False if the client has closed the connection.

        The bytes are for the reader, or for nobody if the connection is closing.

        :raises BlockingIOError: nothing has come
        :raises OSError: the client has disconnected
        """
        data = self.sock.recv(_PIECE)
        if self.phase is not Phase.CLOSING:
            self.transferred += len(data)
            self.reader.feed(data)
        return bool(data)

    def send(self) -> bool:
        """Send as much as the client accepts now; whether everything is sent.

        :raises OSError: the client has disconnected
        """
        try:
            self.transferred += self.unsent.send(self.sock)
        except BlockingIOError:
            return False
        return not self.unsent.size
