"""GETs on their way, several at a time in one thread, by libcurl.

libcurl does what is the same for each request: connections and their reuse, TLS, proxies, and the
parsing of answers. In Python that was two fifths of all the work of getting one instance.
"""

import collections
import io
import os
import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pycurl

_FAILED: Final = select.POLLHUP | select.POLLERR | select.POLLNVAL
# What libcurl waits for at a socket -> what is polled for.
_POLLED: Final = {
    pycurl.POLL_IN: select.POLLIN,
    pycurl.POLL_OUT: select.POLLOUT,
    pycurl.POLL_INOUT: select.POLLIN | select.POLLOUT,
}

# Of bytes that are received, libcurl's sign that nobody takes them.
_REFUSE: Final = -1

# Of sending a request, by libcurl itself.
_ATTEMPTS: Final = 2

# Connections of a driver that wait for later: what getting an instance needs, three times over.
_KEPT: Final = 16


class Transfer:
    """One request, and what has come of it so far.

    :param curl: what is asked for and how; nobody else uses it until this is over
    :param first_byte: seconds that may pass before the first byte of the answer
    :param total: seconds that may pass before its last byte
    :param max_size: bytes of the decoded body that are accepted; None: any number
    """

    def __init__(
        self, curl: pycurl.Curl, first_byte: float, total: float, max_size: int | None = None
    ) -> None:
        self.curl = curl
        self.is_over = False
        self.is_too_large = False
        self.failure: int | None = None
        self._body = io.BytesIO()
        self._max_size = float("inf") if max_size is None else max_size
        self._attempts = 0
        now = time.monotonic()
        self._last = now + total
        self.end = min(now + first_byte, self._last)
        curl.setopt(pycurl.WRITEFUNCTION, self._receive)
        curl.setopt(pycurl.PREREQFUNCTION, self._begin)

    @property
    def body(self) -> bytes:
        """What was answered."""
        return self._body.getvalue()

    def _receive(self, part: bytes) -> int:
        """Keep a part of the body, which libcurl has decoded; libcurl stops when it is too much."""
        if self._body.tell() + len(part) > self._max_size:
            self.is_too_large = True
            return _REFUSE
        return self._body.write(part)

    def _begin(self, *_addresses: object) -> int:
        """Let the request be sent on a connection.

        libcurl sends it once more for each kept connection that turns out to be dead.
        """
        self._attempts += 1
        return pycurl.PREREQFUNC_OK if self._attempts <= _ATTEMPTS else pycurl.PREREQFUNC_ABORT

    def is_overdue(self, now: float) -> bool:
        """Whether its time is over; it has more of it as soon as the first byte has come."""
        if now < self.end:
            return False
        if self.end < self._last and self.curl.getinfo(pycurl.STARTTRANSFER_TIME) > 0:
            self.end = self._last
        return now >= self.end

    def finish(self, failure: int | None = None) -> None:
        """It is over.

        :param failure: libcurl's number of what went wrong
        """
        self.is_over = True
        self.failure = failure
        # Or the idle handle would keep this, and the body.
        self.curl.setopt(pycurl.WRITEFUNCTION, _discard)
        self.curl.setopt(pycurl.PREREQFUNCTION, _refuse)


def _discard(part: bytes) -> int:
    return len(part)


def _refuse(*_addresses: object) -> int:
    return pycurl.PREREQFUNC_ABORT


class Driver:
    """Moves transfers on, and keeps their connections for later. One thread at a time uses it."""

    def __init__(self) -> None:
        self._running: dict[pycurl.Curl, Transfer] = {}
        self._timer = float("inf")
        self._poller = select.poll()
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_MAXCONNECTS, _KEPT)
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)

    @property
    def is_idle(self) -> bool:
        """Nothing is on its way."""
        return not self._running

    def wait(self, transfers: list[Transfer]) -> list[Transfer]:
        """Begin those that have not begun; return as soon as some are over, with those."""
        for one in transfers:
            if one.curl not in self._running and not one.is_over:
                self._running[one.curl] = one
                self._multi.add_handle(one.curl)
        while not (over := [one for one in transfers if one.is_over]):
            self._go_on()
        return over

    def _go_on(self) -> None:
        now = time.monotonic()
        if self._timer > now:
            end = min([self._timer, *[one.end for one in self._running.values()]])
            rest = None if end == float("inf") else max(0.0, end - now) * 1000
            for number, events in self._poller.poll(rest):
                self._multi.socket_action(number, _seen(events))
            now = time.monotonic()
        if self._timer <= now:
            self._timer = float("inf")
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        self._collect()
        for one in list(self._running.values()):
            if one.is_overdue(now):
                self._end(one.curl, pycurl.E_OPERATION_TIMEDOUT)

    def _collect(self) -> None:
        rest = 1
        while rest:
            rest, done, failed = self._multi.info_read()
            for curl in done:
                self._end(curl)
            for curl, number, _message in failed:
                self._end(curl, number)

    def _end(self, curl: pycurl.Curl, failure: int | None = None) -> None:
        self._multi.remove_handle(curl)
        self._running.pop(curl).finish(failure)

    def _watch(self, what: int, number: int, _multi: pycurl.CurlMulti, _data: object) -> None:
        if what == pycurl.POLL_REMOVE:
            self._poller.unregister(number)
        else:
            self._poller.register(number, _POLLED.get(what, 0))

    def _set_timer(self, milliseconds: int) -> None:
        is_off = milliseconds < 0
        self._timer = float("inf") if is_off else time.monotonic() + milliseconds / 1000


def _seen(events: int) -> int:
    return (
        (pycurl.CSELECT_IN if events & select.POLLIN else 0)
        | (pycurl.CSELECT_OUT if events & select.POLLOUT else 0)
        | (pycurl.CSELECT_ERR if events & _FAILED else 0)
    )


# The one that was used last first: its connections are the likeliest to be open still.
_IDLE: Final[collections.deque[Driver]] = collections.deque()
os.register_at_fork(after_in_child=_IDLE.clear)


@contextmanager
def driver() -> Iterator[Driver]:
    """A driver that nobody else has for the time."""
    try:
        taken = _IDLE.pop()
    except IndexError:
        taken = Driver()
    yield taken
    if taken.is_idle:
        _IDLE.append(taken)
