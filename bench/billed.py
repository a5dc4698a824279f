# SPDX-License-Identifier: Apache-2.0
"""What the usage of a project costs: read for the first time, and read again."""

import statistics
import time
from typing import Any, Final

from bench import actions
from bench.gateway import Measured
from bench.project import BenchError
from bench.replayed_cloud import replayed_cloud

JSON = dict[str, Any]

_PATH: Final = "/api/v1/usage"
_AGAIN: Final = 5


def measure(servers: int, latency: float) -> JSON:
    """Seconds, CPU seconds and upstream calls of the usage of a month, first and again."""
    with replayed_cloud(servers, latency) as cloud, cloud.gateway() as process:
        process.client().get("/api/v1/instances", limit=1)
        first = _read(process, servers)
        again = [_read(process, servers) for _time in range(_AGAIN)]
        return {
            "servers": servers,
            "latency": latency,
            "actions": actions.count(servers),
            "first": first,
            "again": {key: statistics.median(read[key] for read in again) for key in first},
        }


def _read(process: Measured, servers: int) -> dict[str, float]:
    cpu, calls = process.cpu_seconds(), process.upstream_calls(_PATH)
    begin = time.perf_counter()
    usage = process.client().get(_PATH, group_by="instance")["usage"]
    seconds = time.perf_counter() - begin
    if len(usage["groups"]) != servers:
        raise BenchError(f"{_PATH} shows {len(usage['groups'])} of {servers} instances")
    return {
        "seconds": seconds,
        "cpu": process.cpu_seconds() - cpu,
        "calls": process.upstream_calls(_PATH) - calls,
    }
