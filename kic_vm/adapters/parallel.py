"""Independent calls side by side in threads: for what writes, or asks other than OpenStack.

Reads of OpenStack alone are cheaper as in ``interleaved``.
"""

import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from typing import Any

# Threads only wait for sockets here; each request may have a few calls under way. A call may
# itself gather: it then uses the next pool, so that no pool ever waits for itself.
_POOLS = tuple(
    ThreadPoolExecutor(max_workers=64, thread_name_prefix=f"upstream-{depth}") for depth in range(2)
)
_depth: ContextVar[int] = ContextVar("kic_vm_gather_depth", default=0)


def run_in_threads(*calls: Callable[[], Any]) -> list[Any]:
    """Run ``calls`` at the same time and return what they return, in order.

    The first runs in this thread. All of them have ended when this returns or raises. Below the
    second level of nesting they run one after the other.

    :raises Exception: what the first of the failed calls, in order, has raised
    """
    depth = _depth.get()
    if len(calls) < 2 or depth >= len(_POOLS):
        return [call() for call in calls]
    token = _depth.set(depth + 1)
    try:
        futures = [_POOLS[depth].submit(contextvars.copy_context().run, call) for call in calls[1:]]
        return _results([calls[0], *(future.result for future in futures)])
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
        raise failures[0]
    return results
