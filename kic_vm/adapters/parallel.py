# SPDX-License-Identifier: Apache-2.0
"""Concurrent independent calls in threads: for writes, and for services besides OpenStack.

For reads from OpenStack only, ``interleaved`` is cheaper.
"""

import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar
from typing import Any, Final

from kic_vm.exceptions import is_refusal

_THREADS: Final = 64


class _Pool:
    """Threads that only wait for sockets; no caller ever waits for a free thread."""

    def __init__(self, name: str) -> None:
        self._executor = ThreadPoolExecutor(_THREADS, thread_name_prefix=name)
        self._free = threading.Semaphore(_THREADS)

    def begin(self, call: Callable[[], Any]) -> Callable[[], Any]:
        """Start a call if a thread is free; returns a function that returns the call's result."""
        if not self._free.acquire(blocking=False):
            return call
        future: Future[Any] = Future()
        future.add_done_callback(lambda _future: self._free.release())
        try:
            self._executor.submit(_run, future, contextvars.copy_context(), call)
        except RuntimeError:
            # The process cannot start a thread. The call stays in the executor's queue, where a
            # cancelled one does nothing.
            if future.cancel():
                return call
        return future.result


def _run(future: "Future[Any]", context: contextvars.Context, call: Callable[[], Any]) -> None:
    if future.set_running_or_notify_cancel():
        try:
            future.set_result(context.run(call))
        except BaseException as error:  # noqa: BLE001 - raised again by future.result
            future.set_exception(error)


# A request can have a few calls in progress. A call that itself runs calls uses the next pool.
_POOLS = tuple(_Pool(f"upstream-{depth}") for depth in range(2))
_depth: ContextVar[int] = ContextVar("kic_vm_gather_depth", default=0)


def run_in_threads(*calls: Callable[[], Any]) -> list[Any]:
    """Run ``calls`` concurrently, and return their results in order.

    The first call runs in this thread, as do calls without a free thread and all calls below the
    second level of nesting. All calls have ended when this returns or raises.

    :raises Exception: the exception of the first failed call, in order; but that of a write with
        an unknown outcome first, or an unexpected one, because the caller must then roll nothing
        back
    """
    depth = _depth.get()
    if len(calls) < 2 or depth >= len(_POOLS):
        return [call() for call in calls]
    token = _depth.set(depth + 1)
    try:
        return _results([calls[0], *(_POOLS[depth].begin(call) for call in calls[1:])])
    finally:
        _depth.reset(token)


def _results(waits: list[Callable[[], Any]]) -> list[Any]:
    results: list[Any] = []
    failures: list[Exception] = []
    for wait in waits:
        try:
            results.append(wait())
        except Exception as error:  # noqa: BLE001 - raised again below, when all have ended
            failures.append(error)
    if failures:
        raise min(failures, key=is_refusal)
    return results
