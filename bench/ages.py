# SPDX-License-Identifier: Apache-2.0
"""What a response costs whose client accepts its age, or already has it."""

from collections.abc import Mapping
from typing import Any, Final

import requests

from bench import load
from bench.gateway import Measured
from bench.project import BenchError
from bench.tenants import TOKEN

JSON = dict[str, Any]

KNOWN: Final = {"Cache-Control": "max-age=3600"}
_PAUSE: Final = 2.0
_POLL: Final = {"Cache-Control": "max-age=2"}
_PAGES: Final = [f"/api/v1/instances?limit=100&offset={offset}" for offset in range(0, 1000, 100)]


def one_client(process: Measured, servers: int, times: int) -> JSON:
    """The cost of each way to get a page: seconds, CPU seconds, and upstream calls.

    :param times: requests of each way that is answered from memory
    """
    page, small = _PAGES[0], "/api/v1/instances?limit=20"
    whole = "/api/v1/instances?limit=1000"
    fresh = max(5, times // 50)
    found = {
        "page of 100, fresh": cost(process, page, {}, fresh),
        "page of 100, fresh, 304": cost(process, page, _tag(process, page, {}), fresh),
        "page of 100, known": cost(process, page, KNOWN, times),
        "page of 100, known, 304": cost(process, page, _tag(process, page, KNOWN), times),
        "page of 20, known": cost(process, small, KNOWN, times),
        "list of 1,000, known": cost(process, whole, KNOWN, times // 10),
    }
    return {"servers": servers, "ways": found, "resident": process.resident_bytes()}


def consoles(process: Measured, seconds: float, clients: int = 100) -> JSON:
    """Many clients that poll the pages of one project every two seconds."""
    load.run(process.url, _PAGES, TOKEN, 1, 60, 1, headers=_POLL)
    cpu, calls = process.cpu_seconds(), process.upstream_calls()
    run = load.run(process.url, _PAGES, TOKEN, clients, seconds, headers=_POLL, pause=_PAUSE)
    return run | {
        "cpu_share": (process.cpu_seconds() - cpu) / seconds,
        "calls_per_pause": (process.upstream_calls() - calls) / (seconds / _PAUSE),
    }


def _tag(process: Measured, path: str, headers: Mapping[str, str]) -> dict[str, str]:
    """The headers of a request for content that the client already has."""
    sent = {"X-Auth-Token": TOKEN, **headers}
    response = requests.get(process.url + path, headers=sent, timeout=120)
    response.raise_for_status()
    return {**headers, "If-None-Match": response.headers["ETag"]}


def cost(process: Measured, path: str, headers: Mapping[str, str], times: int) -> JSON:
    """The cost of one request: its median in seconds, CPU seconds, and upstream calls.

    :param times: number of requests; two more are not counted
    :raises BenchError: one of them fails
    """
    load.run(process.url, path, TOKEN, 1, 120, 2, headers=headers)
    cpu, calls = process.cpu_seconds(), process.upstream_calls()
    run = load.run(process.url, path, TOKEN, 1, 120, times, headers=headers)
    if run["errors"]:
        raise BenchError(f"{path}: {run['errors']} errors")
    return {
        "median": run["median"],
        "cpu": (process.cpu_seconds() - cpu) / run["requests"],
        "calls": (process.upstream_calls() - calls) / run["requests"],
    }
