# SPDX-License-Identifier: Apache-2.0
"""Readiness of the gateway: one probe of each service that it uses."""

import concurrent.futures
import dataclasses
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Final, TypedDict

import redis
from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.adapters import probes
from kic_vm.cache.redis import RedisCache
from kic_vm.operations.request import AppState

LOG = logging.getLogger(__name__)

# How long a report waits for new results. Only the report that has begun a round waits longer, and
# only for services without a recent result.
_PATIENCE_SECONDS: Final = 0.5
_RECENT_SECONDS: Final = 30.0
_LONGEST_SECONDS: Final = 8.0
_NOT_ASKED: Final = "Not asked: the gateway cannot log in to the identity service."
_NO_RESULT: Final = "It has not answered in time."
_FAILED: Final = "The check failed: the log of the gateway shows why."


class ServiceReport(TypedDict):
    """The result of the check of a service."""

    required: bool
    ok: bool | None
    time_ms: float
    problem: str | None


class ReadinessReport(TypedDict):
    """The results of all checks; see ``Readiness.report``."""

    ready: bool
    services: dict[str, ServiceReport]


@dataclasses.dataclass(frozen=True, slots=True)
class _Result:
    """The result of a check, and its time."""

    is_ok: bool | None
    milliseconds: float
    problem: str | None
    when: float

    @property
    def is_recent(self) -> bool:
        return time.monotonic() - self.when < _RECENT_SECONDS

    def shown(self, *, is_required: bool) -> ServiceReport:
        return {
            "required": is_required,
            "ok": self.is_ok,
            "time_ms": self.milliseconds,
            "problem": self.problem,
        }


class Readiness:
    """The latest results of the checks, refreshed when they are outdated.

    The checks run in separate threads, one round at a time. A service that does not answer does
    not delay the results of the others, and it delays one report of a process at a time: anybody
    can ask for reports, and must not occupy the threads of all requests with it.
    """

    def __init__(self, app_state: AppState) -> None:
        self._checks = _checks(app_state)
        self._kept_seconds = app_state.conf.api.readiness_cache_time
        self._pool = ThreadPoolExecutor(len(self._checks), thread_name_prefix="readiness")
        self._lock = threading.Lock()
        self._started = float("-inf")
        self._round: dict[str, Future[_Result]] = {}
        self._results: dict[str, _Result] = {}

    def report(self) -> ReadinessReport:
        """Each service by name: whether it answers, in how many milliseconds, or the error.

        ``ready`` is whether all required services answer. Redis is not required: without it the
        gateway is only slower. ``ok`` is None for a service that could not be checked because the
        gateway cannot log in.
        """
        with self._lock:
            is_old = time.monotonic() - self._started >= self._kept_seconds
            begins = is_old and all(future.done() for future in self._round.values())
            if begins:
                self._results = {name: future.result() for name, future in self._round.items()}
                self._begin()
            started, current, earlier = self._started, self._round, self._results
        _wait(current, earlier, longest=_LONGEST_SECONDS if begins else _PATIENCE_SECONDS)
        results = {
            name: future.result() if future.done() else _latest(earlier.get(name), started)
            for name, future in current.items()
        }
        services = {
            name: result.shown(is_required=name != "redis") for name, result in results.items()
        }
        is_ready = all(item["ok"] for item in services.values() if item["required"])
        return {"ready": is_ready, "services": services}

    def _begin(self) -> None:
        self._started = time.monotonic()
        self._round = {
            name: self._pool.submit(_result, name, check) for name, check in self._checks.items()
        }


def _checks(app_state: AppState) -> dict[str, Callable[[], None]]:
    cloud = app_state.cloud
    checks: dict[str, Callable[[], None]] = {"keystone": partial(probes.ask_keystone, cloud)}
    checks |= {project: partial(probes.ask, cloud, project) for project in probes.QUESTIONS}
    if isinstance(app_state.cache, RedisCache):
        checks["redis"] = app_state.cache.ping
    return checks


def _result(name: str, check: Callable[[], None]) -> _Result:
    started = time.monotonic()
    is_ok: bool | None = True
    problem = None
    try:
        check()
    except exceptions.KicVmError as error:
        is_elsewhere = name != "keystone" and error.details.get("service") == "identity"
        is_ok = None if is_elsewhere else False
        problem = _NOT_ASKED if is_elsewhere else error.message
    except redis.RedisError:
        is_ok, problem = False, "Redis is unreachable."
    except Exception:
        # It must not stay in the future of the check: no further round would begin.
        LOG.exception("The check of %s failed", name)
        is_ok, problem = False, _FAILED
    return _new_result(started, is_ok, problem)


def _new_result(started: float, is_ok: bool | None, problem: str | None) -> _Result:
    now = time.monotonic()
    return _Result(is_ok, round((now - started) * 1000, 1), problem, now)


def _wait(
    current: dict[str, Future[_Result]], earlier: dict[str, _Result], *, longest: float
) -> None:
    """Wait for new results, except for services that were down a moment ago.

    :param longest: seconds to wait for services without a recent result
    """
    unknown, up = [], []
    for name, future in current.items():
        result = earlier.get(name)
        if result is None or not result.is_recent:
            unknown.append(future)
        elif result.is_ok:
            up.append(future)
    end = time.monotonic() + longest
    concurrent.futures.wait(up, _PATIENCE_SECONDS)
    concurrent.futures.wait(unknown, max(0.0, end - time.monotonic()))


def _latest(earlier: _Result | None, started: float) -> _Result:
    """The result to report for a check that is still running."""
    if earlier is not None and earlier.is_recent:
        return earlier
    return _new_result(started, is_ok=False, problem=_NO_RESULT)
