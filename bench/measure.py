# SPDX-License-Identifier: Apache-2.0
"""Several ways to one thing, measured turn by turn, so that what disturbs one disturbs all."""

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

JSON = dict[str, Any]

Ways = Mapping[str, Callable[[], object]]


SLOW: Final = "*"
_SELDOM: Final = 5


def interleaved(ways: Ways, rounds: int) -> dict[str, JSON]:
    """Median, least and number of seconds for each way.

    :param rounds: how often each is measured, after one that is not counted; one whose name ends
        with SLOW only in each fifth round
    """
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for name, way in ways.items():
        if not name.endswith(SLOW):
            way()
    for number in range(rounds):
        names = list(ways)
        first = number % len(names)
        for name in names[first:] + names[:first]:
            if name.endswith(SLOW) and number % _SELDOM:
                continue
            begin = time.perf_counter()
            ways[name]()
            taken[name].append(time.perf_counter() - begin)
    return {
        name.removesuffix(SLOW): {
            "median": statistics.median(seconds),
            "least": min(seconds),
            "times": len(seconds),
        }
        for name, seconds in taken.items()
    }
