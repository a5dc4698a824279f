# SPDX-License-Identifier: Apache-2.0
"""What rate limits add to a request."""

import contextlib
import statistics
from typing import Any, Final

from bench import ages
from bench.gateway import Measured
from bench.replayed_cloud import replayed_cloud

JSON = dict[str, Any]

_HIGH: Final = "1000000/minute"
NO_LIMIT: Final = "no limit"
ONE_LIMIT: Final = "one limit"
LIMITS: Final[dict[str, dict[str, str]]] = {
    NO_LIMIT: {},
    ONE_LIMIT: {"reads_per_user": _HIGH},
    "three limits": {
        "reads_per_address": _HIGH,
        "reads_per_user": _HIGH,
        "reads_per_project": _HIGH,
    },
}
_PATH: Final = "/api/v1/instances?limit=20"


def measure(rounds: int, times: int, servers: int = 1000) -> JSON:
    """Median and CPU seconds of a page from a known list, the cheapest page there is.

    :param rounds: each measures every gateway once, turn by turn; the medians of all rounds count
    :param times: requests in each round
    """
    found: dict[str, list[JSON]] = {name: [] for name in LIMITS}
    with replayed_cloud(servers, 0) as cloud, contextlib.ExitStack() as stack:
        options: JSON = {"api": {"max_age": "3600"}}
        processes: dict[str, Measured] = {
            name: stack.enter_context(cloud.gateway(**options, limits=dict(limits)))
            for name, limits in LIMITS.items()
        }
        for _round in range(rounds):
            for name, process in processes.items():
                found[name].append(ages.cost(process, _PATH, ages.KNOWN, times))
    return {
        name: {key: statistics.median(cost[key] for cost in costs) for key in ("median", "cpu")}
        for name, costs in found.items()
    }
