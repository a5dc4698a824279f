# SPDX-License-Identifier: Apache-2.0
"""A Redis that sends its responses byte by byte does not hold a thread."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import redis

from kic_vm import conf as configuration
from kic_vm.cache.client import connect
from kic_vm.cache.response_limit import ResponseLimit

LENGTH = 400
HELLO = b"%1\r\n$5\r\nproto\r\n:3\r\n"
RESPONSES = {b"bytes": b"$%d\r\n%s\r\n" % (LENGTH, b"x" * LENGTH), b"line": b"+" + b"x" * LENGTH}


class DrippingRedis:
    """Answers every command at once, but a GET byte by byte."""

    def __init__(self) -> None:
        self.sent = 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._server.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _address = self._server.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while received := connection.recv(65536):
                if b"HELLO" in received:
                    connection.sendall(HELLO)
                elif b"GET" not in received:
                    connection.sendall(b"+OK\r\n" * received.count(b"*"))
                else:
                    self._drip(connection, next(RESPONSES[k] for k in RESPONSES if k in received))

    def _drip(self, connection: socket.socket, response: bytes) -> None:
        for number in range(len(response)):
            connection.sendall(response[number : number + 1])
            self.sent += 1
            time.sleep(0.02)


@pytest.fixture
def server() -> Iterator[DrippingRedis]:
    """A Redis that is almost dead."""
    found = DrippingRedis()
    yield found
    found.close()


@pytest.mark.parametrize("key", RESPONSES)
def test_late(server: DrippingRedis, key: bytes) -> None:
    """The command fails before the response is complete, and the connection is given up."""
    conf = configuration.load([])
    conf.set_override("url", f"redis://127.0.0.1:{server.port}/0", "redis")
    client = connect(conf)
    assert client is not None
    with pytest.raises(redis.TimeoutError):
        client.get(key)
    assert 0 < server.sent < LENGTH
    assert client.set("other", b"value")


class Connection:
    """A connection of redis-py, as far as the limit knows it."""

    is_connected = True

    def disconnect(self) -> None:
        self.is_connected = False


def test_thread_ends() -> None:
    """The thread ends when nothing is expected for a while, and starts again."""
    limit = ResponseLimit(0.2)
    for _time in range(2):
        connection = Connection()
        limit.expect(connection)
        thread = limit._thread
        limit.finish(connection)
        assert thread is not None
        thread.join(10)
        assert not thread.is_alive()
        assert connection.is_connected
