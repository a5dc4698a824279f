"""Readiness: whether each service that the gateway depends on answers."""

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import redis

from kic_vm import exceptions
from kic_vm.adapters import probes
from kic_vm.adapters.parallel import run_in_threads
from kic_vm.cache import RedisCache
from kic_vm.operations.request import AppState

JSON = dict[str, Any]


class Readiness:
    """The last report on the services, refreshed when it is too old."""

    def __init__(self, app_state: AppState) -> None:
        self._app_state = app_state
        self._lock = threading.Lock()
        self._checked_at = float("-inf")
        self._report: JSON = {}

    def report(self) -> JSON:
        """Each service by name: whether it answers, its response time in ms, or the problem.

        ``ready`` is true when all required services answer. Redis is not required: without it the
        gateway is slower.
        """
        with self._lock:
            cache_time = self._app_state.conf.api.readiness_cache_time
            if time.monotonic() - self._checked_at >= cache_time:
                self._report = _probe_services(self._app_state)
                self._checked_at = time.monotonic()
            return self._report


def _probe_services(app_state: AppState) -> JSON:
    cloud = app_state.cloud
    checks: dict[str, Callable[[], None]] = {"keystone": partial(probes.ask_keystone, cloud)}
    checks |= {project: partial(probes.ask, cloud, project) for project in probes.QUESTIONS}
    if isinstance(app_state.cache, RedisCache):
        checks["redis"] = app_state.cache.ping
    results = run_in_threads(*(partial(_timed, check) for check in checks.values()))
    services = {
        name: {"required": name != "redis"} | result
        for name, result in zip(checks, results, strict=True)
    }
    is_ready = all(item["ok"] for item in services.values() if item["required"])
    return {"ready": is_ready, "services": services}


def _timed(check: Callable[[], None]) -> JSON:
    started = time.monotonic()
    problem = None
    try:
        check()
    except exceptions.KicVmError as error:
        problem = error.message
    except redis.RedisError:
        problem = "Redis is unreachable."
    milliseconds = round((time.monotonic() - started) * 1000, 1)
    return {"ok": problem is None, "time_ms": milliseconds, "problem": problem}
