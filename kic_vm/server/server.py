# SPDX-License-Identifier: Apache-2.0
"""Threads that receive requests and send responses; one thread that accepts and checks times."""

import contextlib
import functools
import logging
import os
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final
from wsgiref.types import WSGIApplication

from kic_vm import exceptions
from kic_vm.events.held_answers import SERVER_KEY
from kic_vm.metrics import gateway as metrics
from kic_vm.server import answers
from kic_vm.server.connections import Connection, Phase, WaitingConnections
from kic_vm.server.environ import environ_of
from kic_vm.server.limits import Limits
from kic_vm.server.requests import Request

LOG = logging.getLogger(__name__)

_PIECE: Final = 65536
_TURN_SECONDS: Final = 1.0
_LAST_TURNS_SECONDS: Final = 0.1
# When the server stops: time for requests that clients are just sending on open connections.
_LAST_REQUEST_SECONDS: Final = 2.0
_WAITING_FOR_REQUEST: Final = frozenset({Phase.NEW, Phase.IDLE})
_WAITING_FOR_NEWS: Final = frozenset({Phase.HELD})
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
        self._application = application
        self._listeners = {listener.fileno(): listener for listener in listeners}
        self._limits = limits
        self._is_multiprocess = is_multiprocess
        self._is_stopping = False
        self._connections: dict[int, Connection] = {}
        self._waiting = WaitingConnections(limits.buffered_maximum)
        self._turn_seconds = min(_TURN_SECONDS, limits.head_timeout / 2, limits.body_timeout / 2)
        self._next_check = 0.0
        for number in range(threads):
            threading.Thread(target=self._work, name=f"request-{number}", daemon=True).start()

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
        self._is_stopping = True
        self._turn_seconds = min(self._turn_seconds, _LAST_TURNS_SECONDS)
        self._stop_listening(poller)
        now = time.monotonic()
        end = now + self._limits.graceful_timeout
        while self._connections and time.monotonic() < end:
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
            for _number in range(_LAST_ACCEPTS):
                if not self._accept(listener):
                    break
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
                self._accept(self._listeners[number])

    def _let_idler_processes_accept(self) -> None:
        """Wait for longer the more connections this process has, so that all have their share."""
        if self._is_multiprocess and not self._is_stopping:
            seconds = len(self._connections) * _ACCEPT_DELAY_PER_CONNECTION_SECONDS
            time.sleep(min(seconds, _ACCEPT_DELAY_SECONDS))

    def _check(self, notify: Callable[[], None]) -> None:
        now = time.monotonic()
        if now < self._next_check:
            return
        self._next_check = now + self._turn_seconds
        notify()
        for connection in self._waiting.take_overdue(now):
            with self._closed_on_defects(connection):
                self._end(connection)

    def _accept(self, listener: socket.socket) -> bool:
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
        if len(self._connections) >= self._limits.connections_maximum and not self._make_room():
            sock.close()
            return True
        connection = Connection(sock, client[:2], listener.getsockname()[:2], self._limits)
        self._connections[connection.number] = connection
        self._waiting.register(connection)
        return True

    def _make_room(self) -> bool:
        connection = self._waiting.take_longest()
        if connection is None:
            return False
        metrics.count_client_failure("too_many_connections")
        self._close(connection)
        return True

    def _work(self) -> None:
        """Process the events of one connection after another."""
        while True:
            for number in self._waiting.poll():
                connection = self._connections.get(number)
                if connection is not None and self._waiting.take(connection):
                    with self._closed_on_defects(connection):
                        self._go_on(connection)

    def _go_on(self, connection: Connection) -> None:
        if connection.phase is Phase.SENDING:
            self._send(connection)
            return
        if connection.phase is Phase.PIPELINED:
            self._read(connection)
            return
        if connection.phase is Phase.HELD:
            if connection.is_disconnected():
                self._close(connection)
            else:
                self._hold(connection)
            return
        try:
            data = connection.sock.recv(_PIECE)
        except BlockingIOError:
            self._waiting.add(connection, connection.phase)
        except OSError:
            self._close(connection)
        else:
            if not data:
                self._close(connection)
            elif connection.phase is Phase.CLOSING:
                self._waiting.add(connection, Phase.CLOSING)
            else:
                connection.transferred += len(data)
                connection.reader.feed(data)
                self._read(connection)

    def _read(self, connection: Connection) -> None:
        """Answer the next request, or wait for its remaining bytes."""
        try:
            request = connection.reader.next_request()
        except exceptions.KicVmError as error:
            self._refuse(connection, error)
            return
        if request is None:
            self._wait_for_request(connection)
        else:
            self._answer(connection, request)

    def _wait_for_request(self, connection: Connection) -> None:
        reader = connection.reader
        if reader.unfinished is not None:
            if reader.unfinished.expects_continue and not connection.is_continued:
                connection.is_continued = True
                with contextlib.suppress(OSError):  # the next event reports a lost client
                    connection.sock.send(answers.CONTINUE)
            phase = Phase.BODY
        elif not reader.is_idle:
            phase = Phase.HEAD
        else:
            phase = Phase.NEW if connection.phase is Phase.NEW else Phase.IDLE
        self._wait(connection, phase)

    def _wait(self, connection: Connection, phase: Phase) -> None:
        self._waiting.add(connection, phase)
        for excess in self._waiting.take_excess():
            metrics.count_client_failure("too_much_memory")
            self._close(excess)

    def _answer(self, connection: Connection, request: Request) -> None:
        connection.phase = Phase.SERVING
        connection.is_continued = False
        environ = environ_of(
            request,
            connection.client,
            connection.server,
            is_multiprocess=self._is_multiprocess,
        )
        environ[SERVER_KEY] = True
        connection.is_cut = request.is_cut
        connection.is_last = (
            request.is_cut
            or not request.is_persistent
            or self._is_stopping
            or not self._limits.keep_alive
        )
        answer = answers.answer_of(self._application, environ, is_last=connection.is_last)
        if answer.held is None:
            self._begin_to_send(connection, answer.data)
            return
        connection.held_answer, connection.complete = answer.held, answer.complete
        answer.held.call_on_news(functools.partial(self._wake, connection))
        if answer.held.is_stream:
            connection.is_last = True
            self._begin_to_send(connection, answer.data)
        else:
            self._hold(connection)

    def _hold(self, connection: Connection) -> None:
        """Let the connection wait for the application."""
        held = connection.held_answer
        self._waiting.add(connection, Phase.HELD)
        # News that came before had nothing to wake.
        if held is not None and held.has_news():
            self._wake(connection)

    def _wake(self, connection: Connection) -> None:
        """Continue with a held answer, in any thread."""
        if self._waiting.take_held(connection):
            with self._closed_on_defects(connection):
                self._resume(connection)

    def _resume(self, connection: Connection) -> None:
        """Send the next part of a held answer."""
        held = connection.held_answer
        if held is None:
            self._close(connection)
            return
        part, is_last_part = held.next_part()
        if is_last_part or self._is_stopping:
            connection.drop_held_answer()
        self._begin_to_send(connection, part if held.is_stream else connection.complete(part))

    def _refuse(self, connection: Connection, error: exceptions.KicVmError) -> None:
        """Respond to bytes that are not a request. The log does not contain them."""
        LOG.info("A request was refused: %s", error.code)
        metrics.count_client_failure(error.code)
        connection.is_last = connection.is_cut = True
        self._begin_to_send(connection, answers.refusal(error))

    def _begin_to_send(self, connection: Connection, answer: bytes) -> None:
        connection.phase = Phase.SERVING
        connection.unsent = memoryview(answer)
        self._send(connection)

    def _send(self, connection: Connection) -> None:
        try:
            is_sent = connection.send()
            if is_sent and connection.is_last and connection.is_cut:
                # Closing it at once would discard the response while the client still sends.
                connection.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._close(connection)
            return
        if not is_sent:
            self._wait(connection, Phase.SENDING)
        elif connection.held_answer is not None:
            self._hold(connection)
        elif not connection.is_last:
            # Requests already received wait their turn behind other clients.
            is_idle = connection.reader.is_idle
            self._wait(connection, Phase.IDLE if is_idle else Phase.PIPELINED)
        elif connection.is_cut:
            self._wait(connection, Phase.CLOSING)
        else:
            self._close(connection)

    def _end(self, connection: Connection) -> None:
        """Close a connection whose client has taken too long, or send a held answer that is due."""
        if connection.phase is Phase.HELD:
            self._resume(connection)
            return
        if connection.phase in {Phase.HEAD, Phase.BODY}:
            self._refuse(connection, exceptions.RequestTimeout())
            return
        if connection.phase is Phase.SENDING:
            metrics.count_client_failure("answer_not_taken")
        self._close(connection)

    @contextlib.contextmanager
    def _closed_on_defects(self, connection: Connection) -> Iterator[None]:
        """Close the connection on any error, so that the thread continues with the others."""
        try:
            yield
        except Exception:
            LOG.exception("A connection is closed because of a defect")
            self._close(connection)

    def _close(self, connection: Connection) -> None:
        # After the close, another connection can have the same number.
        self._connections.pop(connection.number, None)
        connection.drop_held_answer()
        connection.sock.close()
