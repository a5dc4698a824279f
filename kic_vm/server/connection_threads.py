# SPDX-License-Identifier: Apache-2.0
"""Threads that receive the requests of connections, run the application and send its responses."""

import contextlib
import functools
import logging
import socket
import threading
from collections.abc import Iterator
from wsgiref.types import WSGIApplication, WSGIEnvironment

from kic_vm import exceptions
from kic_vm.events.held_answers import SERVER_KEY
from kic_vm.metrics import gateway as metrics
from kic_vm.server import answers
from kic_vm.server.connection import SENDS, Connection, Phase
from kic_vm.server.connections import WaitingConnections
from kic_vm.server.environ import environ_of
from kic_vm.server.limits import Limits
from kic_vm.server.unsent_answer import UnsentAnswer

LOG = logging.getLogger(__name__)


class ConnectionThreads:
    """The threads that serve the connections of a process.

    :param waiting: the connections that wait for an event
    :param is_multiprocess: other processes serve on the same sockets
    """

    def __init__(
        self,
        application: WSGIApplication,
        limits: Limits,
        waiting: WaitingConnections,
        *,
        is_multiprocess: bool,
    ) -> None:
        self._application = application
        self._limits = limits
        self._waiting = waiting
        self._is_multiprocess = is_multiprocess
        self.is_stopping = False
        """The server stops: each connection closes after its response."""
        self._connections: dict[int, Connection] = {}

    @property
    def count(self) -> int:
        """The number of open connections."""
        return len(self._connections)

    def start(self, threads: int) -> None:
        """Start a number of threads."""
        for number in range(threads):
            threading.Thread(target=self._work, name=f"request-{number}", daemon=True).start()

    def add(self, connection: Connection) -> None:
        """Serve a new connection."""
        self._connections[connection.number] = connection
        with self._closed_on_defects(connection):
            self._waiting.register(connection)

    def end(self, connection: Connection) -> None:
        """Close a connection whose client has taken too long, or send a held answer that is due.

        The caller has taken the connection from the waiting ones.
        """
        with self._closed_on_defects(connection):
            self._end(connection)

    def close(self, connection: Connection) -> None:
        """Close a connection that the caller has taken from the waiting ones."""
        if self._connections.get(connection.number) is not connection:
            return  # closed before: another connection can have the same number
        del self._connections[connection.number]
        try:
            connection.drop_held_answer()
        except Exception:
            LOG.exception("A held answer could not be ended because of a defect")
        connection.close()

    def _work(self) -> None:
        """Process the events of one connection after another."""
        while True:
            for number in self._waiting.poll():
                self._process_event(number)

    def _process_event(self, number: int) -> None:
        # While a thread waits, no variable of it may keep a connection that was closed.
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
                self.close(connection)
            else:
                self._hold(connection)
            return
        try:
            is_open = connection.receive()
        except BlockingIOError:
            self._waiting.add(connection, connection.phase)
        except OSError:
            self.close(connection)
        else:
            if not is_open:
                self.close(connection)
            elif connection.phase is Phase.CLOSING:
                self._waiting.add(connection, Phase.CLOSING)
            else:
                self._read(connection)

    def _read(self, connection: Connection) -> None:
        """Answer the next request, or wait for its remaining bytes."""
        try:
            environ = self._next_request(connection)
        except exceptions.KicVmError as error:
            self._refuse(connection, error)
            return
        if environ is None:
            self._wait_for_request(connection)
        else:
            self._answer(connection, environ)

    def _next_request(self, connection: Connection) -> WSGIEnvironment | None:
        """The environment of the next request, which alone refers to its headers and body."""
        request = connection.reader.next_request()
        if request is None:
            return None
        connection.is_continued = False
        connection.is_cut = request.is_cut
        connection.is_last = (
            request.is_cut
            or not request.is_persistent
            or self.is_stopping
            or not self._limits.keep_alive
        )
        environ = environ_of(
            request,
            connection.client,
            connection.server,
            is_multiprocess=self._is_multiprocess,
        )
        environ[SERVER_KEY] = True
        return environ

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
            self.close(excess)

    def _answer(self, connection: Connection, environ: WSGIEnvironment) -> None:
        connection.phase = Phase.SERVING
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
        self._wait(connection, Phase.HELD)
        # The connection could not be woken by earlier news.
        if held is not None and held.has_news():
            self._wake(connection)

    def _wake(self, connection: Connection) -> None:
        """Continue with a held answer, in any thread."""
        if self._waiting.take_held(connection):
            held = connection.held_answer
            with self._closed_on_defects(connection):
                if held is None or held.has_news():
                    self._resume(connection)
                else:  # another thread has sent the news in the meantime
                    self._hold(connection)

    def _resume(self, connection: Connection) -> None:
        """Send the next part of a held answer."""
        held = connection.held_answer
        if held is None:
            self.close(connection)
            return
        part, is_last_part = held.next_part()
        if is_last_part or self.is_stopping:
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
        connection.unsent = UnsentAnswer(answer)
        self._send(connection)

    def _send(self, connection: Connection) -> None:
        try:
            is_sent = connection.send()
        except OSError:
            self.close(connection)
            return
        if not is_sent:
            self._wait(connection, Phase.SENDING)
        elif connection.held_answer is not None:
            self._hold(connection)
        elif connection.is_last:
            self._finish(connection)
        else:
            # Requests already received wait their turn behind other clients.
            is_idle = connection.reader.is_idle
            self._wait(connection, Phase.IDLE if is_idle else Phase.PIPELINED)

    def _finish(self, connection: Connection) -> None:
        """Close a connection after its last response."""
        if not (connection.is_cut or connection.has_more_requests()):
            self.close(connection)
            return
        # Closing it at once would discard what the client has not received of the response.
        try:
            connection.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self.close(connection)
        else:
            self._wait(connection, Phase.CLOSING)

    def _end(self, connection: Connection) -> None:
        if connection.phase is Phase.HELD:
            self._resume(connection)
            return
        if connection.phase in {Phase.HEAD, Phase.BODY}:
            self._refuse(connection, exceptions.RequestTimeout())
            return
        if connection.phase in SENDS:
            # The kernel accepts more only when a large part of its buffer is free.
            if connection.has_more_time():
                self._wait(connection, connection.phase)
                return
            metrics.count_client_failure("answer_not_taken")
        self.close(connection)

    @contextlib.contextmanager
    def _closed_on_defects(self, connection: Connection) -> Iterator[None]:
        """Close the connection on any error, so that the thread continues with the others."""
        try:
            yield
        except Exception:
            LOG.exception("A connection is closed because of a defect")
            self.close(connection)
