"""Reads from OpenStack side by side, in the thread of the request.

Each read is a greenlet: while it waits for its answer the others go on. Threads would do the same
for twice the work, most of which is handing the interpreter to one another.

A read waits in this way only where nothing holds a lock, which is in ``transport`` for the GETs of
``short_way``. Whatever else a call does, such as a new login, holds up the others.
"""

import contextvars
import select
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import greenlet

# Of one gathering at the same time: each has a connection.
_MOST: Final = 64


class _Wait:
    """For something to read at a socket."""

    def __init__(self, sock: socket.socket, seconds: float | None) -> None:
        self.sock = sock
        self.end = float("inf") if seconds is None else time.monotonic() + seconds
        self.is_over = False


class _Call(greenlet.greenlet):
    """One of several calls; switching to it returns for what it waits."""

    may_wait = False
    result: Any = None
    failure: Exception | None = None

    def __init__(self, call: Callable[[], Any]) -> None:
        super().__init__()
        self.gatherer = greenlet.getcurrent()
        self.gr_context = contextvars.copy_context()
        self._call = call

    def run(self) -> None:
        """Do it, and keep what comes of it."""
        try:
            self.result = self._call()
        except Exception as error:  # noqa: BLE001 - raised again when all have ended
            self.failure = error


def gather(*calls: Callable[[], Any]) -> list[Any]:
    """Run ``calls``, which only read, at the same time and return what they return, in order.

    All that have begun have ended when this returns or raises. They begin in order, and none does
    any more when one has failed: with a service that cannot even be connected to, each would take
    its time to fail.

    :raises Exception: what the first of the failed calls, in order, has raised
    """
    if len(calls) < 2:
        return [call() for call in calls]
    made = [_Call(call) for call in calls]
    waiting: dict[_Call, list[_Wait]] = {}
    for call in made:
        _go_on(call, waiting)
        while len(waiting) >= _MOST:
            _go_on_with_some(waiting)
        if any(one.failure for one in made):
            break
    while waiting:
        _go_on_with_some(waiting)
    for call in made:
        if call.failure:
            raise call.failure
    return [call.result for call in made]


@contextmanager
def waiting_allowed() -> Iterator[None]:
    """Within, ``wait`` lets other calls go on: no lock is held that one of them may want."""
    current = greenlet.getcurrent()
    if not isinstance(current, _Call):
        yield
        return
    current.may_wait = True
    try:
        yield
    finally:
        current.may_wait = False


def wait(sock: socket.socket, seconds: float | None) -> None:
    """Let the other calls go on until there is something to read.

    :param seconds: how long at most; None: for ever
    :raises TimeoutError: nothing came
    """
    current = greenlet.getcurrent()
    if isinstance(current, _Call) and current.may_wait:
        own = _Wait(sock, seconds)
        _wait_for([own])
        if own.is_over:
            raise TimeoutError("timed out")


def _go_on(call: _Call, waiting: dict[_Call, list[_Wait]], *ready: list[_Wait]) -> None:
    waits = call.switch(*ready)
    if not call.dead:
        waiting[call] = waits


def _go_on_with_some(waiting: dict[_Call, list[_Wait]]) -> None:
    ready = _wait_for([one for waits in waiting.values() for one in waits])
    for call, waits in list(waiting.items()):
        own = [one for one in waits if one in ready]
        if own:
            del waiting[call]
            _go_on(call, waiting, own)


def _wait_for(waits: list[_Wait]) -> list[_Wait]:
    """Those for which there is something to read, or of which the time is over."""
    current = greenlet.getcurrent()
    if isinstance(current, _Call):  # whoever gathers it waits for all that it waits for
        found: list[_Wait] = current.gatherer.switch(waits)
        return found
    return _poll(waits)


def _poll(waits: list[_Wait]) -> list[_Wait]:
    poller = select.poll()
    by_number = {one.sock.fileno(): one for one in waits}
    for number in by_number:
        poller.register(number, select.POLLIN)
    rest = min(one.end for one in waits) - time.monotonic()
    events = poller.poll(None if rest == float("inf") else max(0.0, rest * 1000))
    if events:
        return [by_number[number] for number, _event in events]
    now = time.monotonic()
    late = [one for one in waits if one.end <= now]
    for one in late:
        one.is_over = True
    return late
