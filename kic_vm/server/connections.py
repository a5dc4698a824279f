# SPDX-License-Identifier: Apache-2.0
"""The connections of a process, including those that wait for their clients."""

import enum
import fcntl
import math
import select
import socket
import struct
import termios
import threading
import time
from collections.abc import Callable, Iterator
from typing import Final

from kic_vm.events.held_answers import HeldAnswer
from kic_vm.server.environ import Address
from kic_vm.server.limits import Limits
from kic_vm.server.requests import RequestReader
from kic_vm.server.unsent_answer import UnsentAnswer

_LINGER_SECONDS: Final = 2.0
"""Time for a client to read a response that was sent before its whole request arrived."""


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

    def send(self) -> bool:
        """Send as much as the client accepts now; whether everything is sent.

        :raises OSError: the client has disconnected
        """
        try:
            self.transferred += self.unsent.send(self.sock)
        except BlockingIOError:
            return False
        return not self.unsent.size


class WaitingConnections:
    """Watches the connections that wait for their clients, ordered by the start of the wait.

    :param buffered_maximum: maximum number of bytes that these connections hold in total
    """

    def __init__(self, buffered_maximum: int) -> None:
        self._poller = select.epoll()
        self._buffered_maximum = buffered_maximum
        self._waiting: dict[Connection, None] = {}
        self._held = 0
        # Any thread can take a waiting connection at any time.
        self._lock = threading.Lock()

    def register(self, connection: Connection) -> None:
        """Add a new connection, which waits for its client."""
        self._poller.register(connection.number, 0)
        self.add(connection, Phase.NEW)

    def poll(self) -> Iterator[int]:
        """The number of a connection with an event, if any; any number of threads can poll.

        Another thread may meanwhile have taken or closed the connection.
        """
        for number, _events in self._poller.poll(maxevents=1):
            yield number

    def add(self, connection: Connection, phase: Phase) -> None:
        """Let a connection wait; the caller must no longer use it."""
        connection.enter(phase)
        connection.held = connection.size
        with self._lock:
            self._held += connection.held
            self._waiting[connection] = None
            self._poller.modify(connection.number, connection.events | select.EPOLLONESHOT)

    def take(self, connection: Connection) -> bool:
        """Take a waiting connection for use; False if it was not waiting."""
        with self._lock:
            return self._remove(connection)

    def take_held(self, connection: Connection) -> bool:
        """Take a connection that waits for the application; False if it does not."""
        with self._lock:
            return connection.phase is Phase.HELD and self._remove(connection)

    def take_longest(self) -> Connection | None:
        """Take the connection that has waited longest for its client; without one, for news."""
        with self._lock:
            return self._take_first(
                lambda connection: connection.phase is not Phase.HELD
            ) or self._take_first(lambda _connection: True)

    def take_excess(self) -> Iterator[Connection]:
        """Take the longest waiting connections, until the others hold few enough bytes."""
        while self._held > self._buffered_maximum:
            with self._lock:
                connection = self._take_first(lambda candidate: candidate.held > 0)
            if connection is None:
                return
            yield connection

    def take_overdue(self, now: float) -> Iterator[Connection]:
        """Take the connections whose time is up, unless the threads cause the delay."""
        for connection in list(self._waiting):
            if connection.deadline > now:
                continue
            if connection.phase is not Phase.CLOSING and connection.is_ready():
                continue
            if self.take(connection):
                yield connection

    def hurry(self, phases: frozenset[Phase], deadline: float) -> None:
        """Set a latest deadline for connections in some phases."""
        with self._lock:
            for connection in self._waiting:
                if connection.phase in phases:
                    connection.deadline = min(connection.deadline, deadline)

    def _take_first(self, is_meant: Callable[[Connection], bool]) -> Connection | None:
        connection = next(filter(is_meant, self._waiting), None)
        if connection is not None:
            self._remove(connection)
        return connection

    def _remove(self, connection: Connection) -> bool:
        try:
            del self._waiting[connection]
        except KeyError:
            return False
        self._held -= connection.held
        return True
