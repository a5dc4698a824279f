# SPDX-License-Identifier: Apache-2.0
"""The server of a process: accepts connections, checks their times, and stops gracefully."""

import contextlib
import logging
import os
import select
import socket
import time
from collections.abc import Callable, Sequence
from typing import Final
from wsgiref.types import WSGIApplication

from kic_vm.metrics import gateway as metrics
from kic_vm.server.connection import Connection, Phase
from kic_vm.server.connection_threads import ConnectionThreads
from kic_vm.server.connections import WaitingConnections
from kic_vm.server.limits import Limits

LOG = logging.getLogger(__name__)

_PIECE: Final = 65536
# Most answers are no larger than this, and are sent at once.
_UNSENT_MAXIMUM: Final = 131072
_TURN_SECONDS: Final = 1.0
_LAST_TURNS_SECONDS: Final = 0.1
# When the server stops: time for requests that clients are just sending on open connections.
_LAST_REQUEST_SECONDS: Final = 2.0
_WAITING_FOR_REQUEST: Final = frozenset({Phase.NEW, Phase.IDLE})
_WAITING_FOR_NEWS: Final = frozenset({Phase.HELD})
# Connections that are accepted without another wait: the other processes have had their chance.
_ACCEPTS: Final = 16
_LAST_ACCEPTS: Final = 256
_NO_DESCRIPTOR_SECONDS: Final = 0.1
_ACCEPT_DELAY_PER_CONNECTION_SECONDS: Final = 50e-6
_ACCEPT_DELAY_SECONDS: Final = 2e-3


class Server:
    """Serves an application on some sockets.

    :param listeners: non-blocking listening sockets; they are closed when the server stops
    :param is_multiprocess: other processes serve on the same sockets
    """

    def __init__(
        self,
        application: WSGIApplication,
        listeners: Sequence[socket.socket],
        limits: Limits,
        *,
        threads: int,
        is_multiprocess: bool = False,
    ) -> None:
        for listener in listeners:
            _limit_kernel_memory(listener)
        self._listeners = {listener.fileno(): listener for listener in listeners}
        self._limits = limits
        self._is_multiprocess = is_multiprocess
        self._waiting = WaitingConnections(limits.buffered_maximum)
        self._threads = ConnectionThreads(
            application, limits, self._waiting, is_multiprocess=is_multiprocess
        )
        self._turn_seconds = min(_TURN_SECONDS, limits.head_timeout / 2, limits.body_timeout / 2)
        self._next_check = 0.0
        self._threads.start(threads)

    def serve(self, goes_on: Callable[[], bool], notify: Callable[[], None], wake_up: int) -> None:
        """Serve while ``goes_on`` returns True, then until all started requests are answered.

        :param notify: called at least every second
        :param wake_up: a file descriptor that becomes readable when ``goes_on`` has changed
        """
        poller = select.epoll()
        poller.register(wake_up, select.EPOLLIN)
        for number in self._listeners:
            # Not EPOLLEXCLUSIVE: Linux would wake the same process for most connections.
            poller.register(number, select.EPOLLIN)
        while goes_on():
            self._turn(poller, wake_up)
            self._check(notify)
        self._threads.is_stopping = True
        self._turn_seconds = min(self._turn_seconds, _LAST_TURNS_SECONDS)
        self._stop_listening(poller)
        now = time.monotonic()
        end = now + self._limits.graceful_timeout
        while self._threads.count and time.monotonic() < end:
            self._waiting.hurry(_WAITING_FOR_REQUEST, now + _LAST_REQUEST_SECONDS)
            self._waiting.hurry(_WAITING_FOR_NEWS, now)
            self._turn(poller, wake_up)
            self._check(notify)
        poller.close()

    def _stop_listening(self, poller: select.epoll) -> None:
        """Close the listeners, so that new clients are refused if no other process listens.

        Pending connections are accepted first; otherwise their clients would lose their requests.
        """
        for number, listener in self._listeners.items():
            self._accept(listener, _LAST_ACCEPTS)
            poller.unregister(number)
            listener.close()
        self._listeners.clear()

    def _turn(self, poller: select.epoll, wake_up: int) -> None:
        for number, _events in poller.poll(self._turn_seconds):
            if number == wake_up:
                with contextlib.suppress(BlockingIOError):
                    os.read(wake_up, _PIECE)
            else:
                self._let_idler_processes_accept()
                self._accept(self._listeners[number], _ACCEPTS)

    def _let_idler_processes_accept(self) -> None:
        """Wait longer if this process has many connections, so that others accept the new one."""
        if self._is_multiprocess and not self._threads.is_stopping:
            seconds = self._threads.count * _ACCEPT_DELAY_PER_CONNECTION_SECONDS
            time.sleep(min(seconds, _ACCEPT_DELAY_SECONDS))

    def _check(self, notify: Callable[[], None]) -> None:
        now = time.monotonic()
        if now < self._next_check:
            return
        self._next_check = now + self._turn_seconds
        notify()
        for connection in self._waiting.take_overdue(now):
            self._threads.end(connection)

    def _accept(self, listener: socket.socket, most: int) -> None:
        """Accept the pending connections."""
        for _number in range(most):
            if not self._accept_one(listener):
                break

    def _accept_one(self, listener: socket.socket) -> bool:
        """Accept one connection; False if none was pending."""
        try:
            sock, client = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return False
        except OSError as error:
            LOG.warning("No connection could be accepted: %s", error.strerror)
            if not self._make_room():
                time.sleep(_NO_DESCRIPTOR_SECONDS)
            return False
        if self._threads.count >= self._limits.connections_maximum and not self._make_room():
            sock.close()
            return True
        connection = Connection(sock, client[:2], listener.getsockname()[:2], self._limits)
        self._threads.add(connection)
        return True

    def _make_room(self) -> bool:
        connection = self._waiting.take_longest()
        if connection is None:
            return False
        metrics.count_client_failure("too_many_connections")
        self._threads.close(connection)
        return True


def _limit_kernel_memory(listener: socket.socket) -> None:
    """Limit what the kernel keeps for the connections that a listener accepts.

    For a client that does not read, it would keep 4 MB of an answer, which the limit on memory does
    not count. The rest of an answer waits in the process.
    """
    with contextlib.suppress(OSError):  # a sandbox need not have the option
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT_MAXIMUM)
