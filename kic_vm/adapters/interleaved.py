"""Reads from OpenStack side by side, in the thread of the request.

Each read is a greenlet: while it waits for its answer the others go on. Threads would do the same
for twice the work, most of which is handing the interpreter to one another.

A read waits in this way only where nothing holds a lock, which is in ``transport`` for the GETs of
``short_way``. Whatever else a call does, such as a new login, holds up the others.
"""

import contextvars
from collections.abc import Callable
from typing import Any, Final

import greenlet

from kic_vm.adapters import transfers
from kic_vm.adapters.transfers import Transfer

# Of one gathering at the same time: each has a connection.
_MOST: Final = 64

_WaitFor = Callable[[list[Transfer]], list[Transfer]]


class _Call(greenlet.greenlet):
    """One of several calls; switching to it returns for what it waits."""

    result: Any = None
    failure: Exception | None = None

    def __init__(self, call: Callable[[], Any]) -> None:
        super().__init__()
        self._gatherer = greenlet.getcurrent()
        self.gr_context = contextvars.copy_context()
        self._call = call

    def run(self) -> None:
        """Do it, and keep what comes of it."""
        try:
            self.result = self._call()
        except Exception as error:  # noqa: BLE001 - raised again when all have ended
            self.failure = error

    def wait_for(self, waits: list[Transfer]) -> list[Transfer]:
        """Those that are over, as soon as there are some; called from within."""
        found: list[Transfer] = self._gatherer.switch(waits)
        return found


def gather_reads(*calls: Callable[[], Any]) -> list[Any]:
    """Run ``calls``, which only read, at the same time and return what they return, in order.

    All that have begun have ended when this returns or raises. They begin in order, and none does
    any more when one has failed.

    :raises Exception: what the first of the failed calls, in order, has raised
    """
    if len(calls) < 2:
        return [call() for call in calls]
    made = [_Call(call) for call in calls]
    current = greenlet.getcurrent()
    if isinstance(current, _Call):  # whoever gathers it waits for all that it waits for
        _run(made, current.wait_for)
    else:
        with transfers.driver() as driver:
            _run(made, driver.wait)
    for call in made:
        if call.failure:
            raise call.failure
    return [call.result for call in made]


def wait(transfer: Transfer) -> None:
    """Let the other calls go on until the transfer, which begins with this, is over."""
    current = greenlet.getcurrent()
    if isinstance(current, _Call):
        current.wait_for([transfer])
    else:
        with transfers.driver() as driver:
            driver.wait([transfer])


def _run(calls: list[_Call], wait_for: _WaitFor) -> None:
    waiting: dict[_Call, list[Transfer]] = {}
    for call in calls:
        _go_on(call, waiting)
        while len(waiting) >= _MOST:
            _go_on_with_some(waiting, wait_for)
        if call.failure or (len(calls) > _MOST and any(one.failure for one in calls)):
            break
    while waiting:
        _go_on_with_some(waiting, wait_for)


def _go_on(call: _Call, waiting: dict[_Call, list[Transfer]], *over: list[Transfer]) -> None:
    waits = call.switch(*over)
    if not call.dead:
        waiting[call] = waits


def _go_on_with_some(waiting: dict[_Call, list[Transfer]], wait_for: _WaitFor) -> None:
    over = wait_for([one for waits in waiting.values() for one in waits])
    for call, waits in list(waiting.items()):
        own = [one for one in waits if one in over]
        if own:
            del waiting[call]
            _go_on(call, waiting, own)
