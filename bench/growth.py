# SPDX-License-Identifier: Apache-2.0
"""The growth of the cost of lists and pages with the number of instances of the project."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from bench import ages
from bench.gateway import Measured

JSON = dict[str, Any]

QUANTITIES: Final = ("calls", "seconds", "cpu", "memory")
_LIST: Final = "/api/v1/instances"
_LARGEST_PAGE: Final = 1000
_INSTANCES: Final = 20_000  # read by all fresh requests of a measurement, at least
_TIMES: Final = 5  # at least
_KNOWN_TIMES: Final = 200


@dataclasses.dataclass(frozen=True)
class Way:
    """A way to read instances.

    :param limit: the size of the pages; None for the whole list, in pages of the maximum size
    """

    name: str
    limit: int | None
    headers: Mapping[str, str]

    def paths(self, servers: int) -> list[str]:
        """The requests that read a project of this size."""
        if self.limit is not None:
            return [f"{_LIST}?limit={self.limit}"]
        starts = range(0, servers, _LARGEST_PAGE)
        return [f"{_LIST}?limit={_LARGEST_PAGE}&offset={start}" for start in starts]


WAYS: Final = (
    Way("list, fresh", None, {}),
    Way("list, known", None, ages.KNOWN),
    Way("page of 20, fresh", 20, {}),
    Way("page of 20, known", 20, ages.KNOWN),
)


def measure(process: Measured, way: Way, servers: int) -> JSON:
    """The cost in each of the QUANTITIES, for a gateway that has not read any instance.

    The memory is the largest growth of the process in bytes, the first fetch included.
    """
    process.client().get("/api/v1/flavors")
    process.reset_peak()
    before = process.resident_bytes()
    times = _KNOWN_TIMES if way.headers else max(_TIMES, _INSTANCES // servers)
    costs = [ages.cost(process, path, way.headers, times) for path in way.paths(servers)]
    return {
        "calls": sum(cost["calls"] for cost in costs),
        "seconds": sum(cost["median"] for cost in costs),
        "cpu": sum(cost["cpu"] for cost in costs),
        "memory": process.peak_bytes() - before,
    }


def exponent(sizes: Sequence[int], values: Sequence[float]) -> float | None:
    """The exponent b for which a * size ** b fits best: the least squares of the logarithms.

    None if a value is not positive.
    """
    if min(values) <= 0:
        return None
    xs, ys = [math.log(size) for size in sizes], [math.log(value) for value in values]
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    products = sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True))
    return products / sum((x - mean_x) ** 2 for x in xs)


def values_of(growing: JSON, way: str, quantity: str) -> list[float]:
    """The values of a quantity, one for each size."""
    return [cost[quantity] for cost in growing["ways"][way]]
