# SPDX-License-Identifier: Apache-2.0
"""No call takes longer than it may, whatever the service does; at a server that is really there."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from functools import partial

import pytest
import requests
from oslo_config import cfg

from kic_vm import deadline, exceptions
from kic_vm.adapters.http import interleaved, time_limits
from kic_vm.adapters.http.client import HttpClient
from kic_vm.adapters.http.current_call import calling
from kic_vm.adapters.http.time_limits import TimeLimits
from tests.unit.adapters.answering import WAIT, Server

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nX-A: "
Send = Callable[[HttpClient, str], requests.Response]


def _get(session: HttpClient, url: str) -> requests.Response:
    return session.get(url, {}, timeout=None, verify=True, cert=None)


def _post(session: HttpClient, url: str) -> requests.Response:
    return session.request("POST", url, data=b"{}")


SENDS = [pytest.param(_get, id="get"), pytest.param(_post, id="post")]


class Dripping:
    """A server that sends the beginning of an answer, and then a byte now and then.

    :param beginning: what it sends at once
    """

    def __init__(self, beginning: bytes) -> None:
        self._beginning = beginning
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.accepted = 0

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _address = self._listener.accept()
                self.accepted += 1
                threading.Thread(target=self._drip, args=(connection,), daemon=True).start()

    def _drip(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            connection.recv(65536)
            connection.sendall(self._beginning)
            while self._beginning and not self._over.wait(0.02):
                connection.sendall(b"x")
            self._over.wait(WAIT)

    @classmethod
    @contextlib.contextmanager
    def serving(cls, beginning: bytes) -> Iterator["Dripping"]:
        server = cls(beginning)
        threading.Thread(target=server._accept, daemon=True).start()
        try:
            yield server
        finally:
            server._over.set()
            server._listener.close()


def session_with(**limits: float) -> HttpClient:
    """An HTTP session with limits for calls to compute."""
    return HttpClient(1, 2**20, {"compute": TimeLimits(**limits)})


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("send", SENDS)
@pytest.mark.parametrize("beginning", [HEAD, HEAD + b"\r\n\r\n"], ids=["head", "body"])
def test_dripping(beginning: bytes, send: Send, count: int) -> None:
    """An answer that comes byte by byte ends with the time for the whole."""
    with Dripping.serving(beginning) as server, calling("compute"):
        call = partial(send, session_with(total=0.3), server.url)
        with pytest.raises(requests.Timeout):
            interleaved.gather_reads(*[call] * count)


@pytest.mark.parametrize("send", SENDS)
@pytest.mark.parametrize("beginning", [b"", HEAD], ids=["nothing", "head"])
def test_deadline(beginning: bytes, send: Send) -> None:
    """The deadline of the work at hand counts where it comes first."""
    with Dripping.serving(beginning) as server, calling("compute"), deadline.within(0.2):
        with pytest.raises(requests.Timeout):
            send(session_with(), server.url)
        with pytest.raises(exceptions.UpstreamTimeout) as caught:
            send(session_with(), server.url)
    assert caught.value.details == {"service": "compute"}
    assert server.accepted == 1


@pytest.mark.parametrize("send", SENDS)
def test_first_byte(send: Send) -> None:
    """A service that says nothing has less time than one that has begun to answer."""
    with Dripping.serving(b"") as server, calling("compute"), pytest.raises(requests.Timeout):
        send(session_with(first_byte=0.2), server.url)


@pytest.mark.parametrize("send", SENDS)
def test_slow_but_alive(send: Send) -> None:
    """What comes all the time may take longer than the first byte."""
    body = b"\r\n\r\n" + b"x" * 980
    with Dripping.serving(HEAD + body) as server, calling("compute"):
        assert len(send(session_with(first_byte=0.2), server.url).content) == 1000


@pytest.mark.parametrize("send", SENDS)
def test_connect(send: Send) -> None:
    """Connecting has a limit of its own."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _connection in range(2):  # the queue is full: who connects now gets no answer
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        stack.enter_context(calling("compute"))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(requests.Timeout):
            send(session_with(connect=0.2), url)


def test_lost_connections(server: Server) -> None:
    """A GET whose connection is lost is sent twice, however many kept connections there are."""
    session = session_with()
    interleaved.gather_reads(*[partial(_get, session, f"{server.url}/together")] * 4)
    with pytest.raises(requests.ConnectionError):
        _get(session, f"{server.url}/broken")
    assert len(server.asked) == 4 + 2


class TestOptions:
    """A service with limits of its own."""

    @pytest.fixture
    def options(self) -> str:
        return "[service_user]\nconnect_timeout = 2\n[cinder]\ntimeout = 120\nconnect_timeout = 3"

    def test_limits(self, conf: cfg.ConfigOpts) -> None:
        """What is not said of the service is as for all."""
        limits = time_limits.load(conf)
        assert limits["block-storage"] == TimeLimits(3.0, 30.0, 120.0)
        assert limits["compute"] == TimeLimits(2.0, 30.0, 60.0)
