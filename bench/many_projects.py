# SPDX-License-Identifier: Apache-2.0
"""Recent lists of many projects: many clients that poll them, and the memory that they take."""

from typing import Any, Final

from bench import load
from bench.ages import KNOWN
from bench.gateway import Measured
from bench.project import BenchError
from bench.replayed_cloud import ReplayedCloud
from bench.tenants import token_of

JSON = dict[str, Any]

WORKERS: Final = 2
_PAUSE: Final = 5.0
_POLL: Final = {"Cache-Control": "max-age=5"}
_START_SECONDS: Final = 120.0
# Of a project with 1,000 instances: pages of all sizes, at the start, in the middle and at the end.
_PAGES: Final = [
    f"/api/v1/instances?{query}"
    for query in (
        "limit=20",
        "limit=20&offset=40",
        "limit=50&offset=100",
        "limit=100",
        "limit=100&offset=900",
        "limit=20&sort_keys=name&sort_dirs=asc",
        "limit=20&name=web-0000",
    )
]


def clients(process: Measured, projects: int, count: int, seconds: float) -> JSON:
    """Many clients that poll pages of many projects every five seconds.

    Before the measurement, each of them polls once.
    """
    tokens = [token_of(number) for number in range(projects)]
    load.run(process.url, _PAGES, tokens, count, _START_SECONDS, 1, headers=_POLL, pause=_PAUSE)
    cpu, calls = process.cpu_seconds(), process.upstream_calls()
    run = load.run(process.url, _PAGES, tokens, count, seconds, headers=_POLL, pause=_PAUSE)
    return run | {
        "projects": projects,
        "cpu_share": (process.cpu_seconds() - cpu) / seconds,
        "calls_per_pause": (process.upstream_calls() - calls) / (seconds / _PAUSE),
    }


def memory(cloud: ReplayedCloud, process: Measured, projects: int, steps: int = 4) -> list[JSON]:
    """The memory of a process and of Redis after lists of more and more projects were read.

    The first row is the memory after another request, without any list.
    """
    cloud.flush_redis()
    _read(process, "/api/v1/flavors", 0)
    rows = [_row(cloud, process, 0)]
    for step in range(steps):
        first, end = (projects * number // steps for number in (step, step + 1))
        for number in range(first, end):
            _read(process, _PAGES[0], number)
        rows.append(_row(cloud, process, end))
    return rows


def _read(process: Measured, path: str, project: int) -> None:
    response = process.client(token_of(project)).request("GET", path, headers=KNOWN)
    if response.status_code != 200:
        raise BenchError(f"{path}: {response.text}")


def _row(cloud: ReplayedCloud, process: Measured, projects: int) -> JSON:
    return {
        "projects": projects,
        "resident": process.resident_bytes(),
        "redis": cloud.redis_bytes(),
    }
