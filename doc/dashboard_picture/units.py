# SPDX-License-Identifier: Apache-2.0
"""Values as a panel shows them, by Grafana's names of units."""

from collections.abc import Callable
from typing import Final

from bench import plot


def _number(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def _seconds(value: float) -> str:
    if value == 0:
        return "0 s"
    return plot.duration(float(f"{value:.3g}")) if value < 120 else f"{_number(value / 60)} min"


_UNITS: Final[dict[str, Callable[[float], str]]] = {
    "none": _number,
    "percentunit": lambda value: f"{_number(value * 100)}%",
    "reqps": lambda value: f"{_number(value)} req/s",
    "s": _seconds,
}


def shown(value: float, unit: str) -> str:
    """A value with its unit.

    :raises KeyError: the unit is unknown; add it here
    """
    return _UNITS[unit](value)
