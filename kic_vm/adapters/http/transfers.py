# SPDX-License-Identifier: Apache-2.0
"""Concurrent GETs in one thread, with libcurl.

libcurl does the work that all requests share: connections and their reuse, TLS, proxies, and the
parsing of answers. In Python, this was two fifths of the CPU time of getting one instance.
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
# libcurl's events at a socket -> events of poll.
_POLLED: Final = {
    pycurl.POLL_IN: select.POLLIN,
    pycurl.POLL_OUT: select.POLLOUT,
    pycurl.POLL_INOUT: select.POLLIN | select.POLLOUT,
}

# The write callback returns this to make libcurl stop.
_REFUSE: Final = -1

# How often libcurl itself sends a request at most.
_ATTEMPTS: Final = 2

# Idle connections that a driver keeps: three times the number that getting an instance needs.
_KEPT: Final = 16


class Transfer:
    """One request, and its answer so far.

    :param curl: the handle with the request; nothing else may use it until the transfer has ended
    :param first_byte: time limit in seconds for the first byte of the answer
    :param total: time limit in seconds for its last byte
    :param max_size: maximum size of the decoded body in bytes; None for no limit
    """

    def __init__(
        self, curl: pycurl.Curl, first_byte: float, total: float, max_size: int | None = None
    ) -> None:
        self.curl = curl
        self.is_over = False
        self.is_too_large = False
        self.failure: int | None = None
        self.head: list[bytes] = []
        """The header lines that have come."""
        self._body = io.BytesIO()
        self._max_size = float("inf") if max_size is None else max_size
        self._attempts = 0
        now = time.monotonic()
        self._last = now + total
        self.end = min(now + first_byte, self._last)
        curl.setopt(pycurl.HEADERFUNCTION, self.head.append)
        curl.setopt(pycurl.WRITEFUNCTION, self._receive)
        curl.setopt(pycurl.PREREQFUNCTION, self._begin)

    @property
    def body(self) -> bytes:
        """The body of the answer."""
        return self._body.getvalue()

    def _receive(self, part: bytes) -> int:
        """Keep a decoded part of the body; libcurl stops if the body is too large."""
        if self._body.tell() + len(part) > self._max_size:
            self.is_too_large = True
            return _REFUSE
        return self._body.write(part)

    def _begin(self, *_addresses: object) -> int:
        """Let libcurl send the request on a connection, unless it was sent too often.

        libcurl sends it again for each idle connection that turns out to be dead.
        """
        self._attempts += 1
        return pycurl.PREREQFUNC_OK if self._attempts <= _ATTEMPTS else pycurl.PREREQFUNC_ABORT

    def is_overdue(self, now: float) -> bool:
        """Whether its time limit has passed; the limit is longer after the first byte."""
        if now < self.end:
            return False
        if self.end < self._last and self.curl.getinfo(pycurl.STARTTRANSFER_TIME) > 0:
            self.end = self._last
        return now >= self.end

    def finish(self, failure: int | None = None) -> None:
        """Note the end of the transfer.

        :param failure: libcurl's error number
        """
        self.is_over = True
        self.failure = failure
        # Otherwise the idle handle would keep this transfer and its body in memory.
        self.curl.setopt(pycurl.HEADERFUNCTION, _discard)
        self.curl.setopt(pycurl.WRITEFUNCTION, _discard)
        self.curl.setopt(pycurl.PREREQFUNCTION, _refuse)


def _discard(part: bytes) -> int:
    return len(part)


def _refuse(*_addresses: object) -> int:
    return pycurl.PREREQFUNC_ABORT


class Driver:
    """Runs transfers, and keeps their connections for reuse; used by one thread at a time."""

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
        """Whether no transfer is in progress."""
        return not self._running

    def wait(self, transfers: list[Transfer]) -> list[Transfer]:
        """Start the transfers that are not yet started; return the first ones to end."""
        for transfer in transfers:
            if transfer.curl not in self._running and not transfer.is_over:
                self._running[transfer.curl] = transfer
                self._multi.add_handle(transfer.curl)
        while not (over := [transfer for transfer in transfers if transfer.is_over]):
            self._go_on()
        return over

    def _go_on(self) -> None:
        now = time.monotonic()
        if self._timer > now:
            end = min([self._timer, *[transfer.end for transfer in self._running.values()]])
            rest = None if end == float("inf") else max(0.0, end - now) * 1000
            for number, events in self._poller.poll(rest):
                self._multi.socket_action(number, _seen(events))
            now = time.monotonic()
        if self._timer <= now:
            self._timer = float("inf")
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        self._collect()
        for transfer in list(self._running.values()):
            if transfer.is_overdue(now):
                self._end(transfer.curl, pycurl.E_OPERATION_TIMEDOUT)

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


# The last used driver comes first: its connections are most likely still open.
_IDLE: Final[collections.deque[Driver]] = collections.deque()
os.register_at_fork(after_in_child=_IDLE.clear)


@contextmanager
def driver() -> Iterator[Driver]:
    """A driver for exclusive use within the block."""
    try:
        idle_driver = _IDLE.pop()
    except IndexError:
        idle_driver = Driver()
    yield idle_driver
    if idle_driver.is_idle:
        _IDLE.append(idle_driver)
