# SPDX-License-Identifier: Apache-2.0
"""Concurrent reads from OpenStack in the thread of the request.

Each read is a greenlet: while it waits for its answer, the others continue. Threads would take
twice the CPU time for the same, most of it for switching the interpreter between threads.

A read waits in this way only where no lock is held: in ``curl_adapter``, for the GETs of
``direct_reads``. Everything else in a call, such as a new login, blocks the others.
"""

import contextvars
from collections.abc import Callable
from typing import Any, Final

import greenlet

from kic_vm.adapters.http import transfers
from kic_vm.adapters.http.transfers import Transfer

# Concurrent reads of one gathering: each has its own connection.
_MOST: Final = 64

SERVICE_ORDER: Final = ("compute", "network", "block-storage", "image")
"""The order in which the calls of ``gather_reads`` start."""

_WaitFor = Callable[[list[Transfer]], list[Transfer]]


class _Call(greenlet.greenlet):
    """One of several calls; switching to it returns the transfers that it waits for."""

    result: Any = None
    failure: Exception | None = None

    def __init__(self, call: Callable[[], Any]) -> None:
        super().__init__()
        self._gatherer = greenlet.getcurrent()
        self.gr_context = contextvars.copy_context()
        self._call = call

    def run(self) -> None:
        """Run the call, and keep its result or failure."""
        try:
            self.result = self._call()
        except Exception as error:  # noqa: BLE001 - raised again when all have ended
            self.failure = error

    def wait_for(self, waits: list[Transfer]) -> list[Transfer]:
        """Wait within the call until some transfers have ended, and return these."""
        ended: list[Transfer] = self._gatherer.switch(waits)
        return ended


def gather_reads(*calls: Callable[[], Any]) -> list[Any]:
    """Run read-only ``calls`` concurrently, and return their results in order.

    All started calls have ended when this returns or raises. The calls start in order; after a
    failure, no further call starts.

    Calls to several services start in the order of ``SERVICE_ORDER``. In another order, two
    requests could each hold the place in a bulkhead that the other one waits for: while a call
    waits for a place, the calls before it do not continue.

    :raises Exception: the exception of the first failed call, in order
    """
    if len(calls) < 2:
        return [call() for call in calls]
    made = [_Call(call) for call in calls]
    current = greenlet.getcurrent()
    if isinstance(current, _Call):  # the outer gathering waits for its transfers
        _run(made, current.wait_for)
    else:
        with transfers.driver() as driver:
            _run(made, driver.wait)
    for call in made:
        if call.failure:
            raise call.failure
    return [call.result for call in made]


def wait(transfer: Transfer) -> None:
    """Start a transfer, and let the other calls continue until it has ended."""
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
        if call.failure or (len(calls) > _MOST and any(call.failure for call in calls)):
            break
    while waiting:
        _go_on_with_some(waiting, wait_for)


def _go_on(call: _Call, waiting: dict[_Call, list[Transfer]], *over: list[Transfer]) -> None:
    waits = call.switch(*over)
    if not call.dead:
        waiting[call] = waits


def _go_on_with_some(waiting: dict[_Call, list[Transfer]], wait_for: _WaitFor) -> None:
    over = wait_for([transfer for waits in waiting.values() for transfer in waits])
    for call, waits in list(waiting.items()):
        own = [transfer for transfer in waits if transfer in over]
        if own:
            del waiting[call]
            _go_on(call, waiting, own)
