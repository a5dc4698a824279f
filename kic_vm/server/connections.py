# SPDX-License-Identifier: Apache-2.0
"""The connections of a process that wait for their clients."""

import select
import threading
from collections.abc import Callable, Iterator

from kic_vm.server.connection import Connection, Phase


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
