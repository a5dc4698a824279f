# SPDX-License-Identifier: Apache-2.0
"""The panels of a Grafana dashboard, and the series that their queries return."""

import dataclasses
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

JSON = dict[str, Any]
Query = Callable[[str], list[JSON]]

_VARIABLE: Final = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_LABEL: Final = re.compile(r"\{\{\s*(\w+)\s*\}\}")


@dataclasses.dataclass
class Series:
    """A line of a panel."""

    name: str
    """As in the legend."""
    points: list[tuple[float, float]]
    """Time in seconds since the epoch, and value; only finite values."""


@dataclasses.dataclass
class Panel:
    """A panel and its series."""

    title: str
    kind: str
    """``stat`` or ``timeseries``."""
    unit: str
    x: int
    y: int
    width: int
    height: int
    """The place in Grafana's grid of 24 columns."""
    is_stacked: bool
    series: list[Series]


def panels_of(dashboard: JSON, query: Query, seconds: float) -> list[Panel]:
    """The panels in the order of the dashboard.

    :param query: returns the series of a PromQL expression, as ``query_range`` answers
    :param seconds: the time range of the dashboard
    :raises KeyError: a query uses a variable that has no default
    """
    variables = {**_variables(dashboard), "__range": f"{seconds:.0f}s"}
    return [_panel(panel, variables, query) for panel in dashboard["panels"]]


def _variables(dashboard: JSON) -> dict[str, str]:
    """The values of the variables, as the defaults of the dashboard say."""
    return {
        variable["name"]: str(variable["current"]["value"])
        for variable in dashboard["templating"]["list"]
        if "value" in variable["current"]
    }


def _panel(panel: JSON, variables: Mapping[str, str], query: Query) -> Panel:
    place, defaults = panel["gridPos"], panel["fieldConfig"]["defaults"]
    series = [
        Series(_legend(target["legendFormat"], answer["metric"]), _points(answer["values"]))
        for target in panel["targets"]
        for answer in query(_filled(target["expr"], variables))
    ]
    return Panel(
        title=panel["title"],
        kind=panel["type"],
        unit=defaults["unit"],
        x=place["x"],
        y=place["y"],
        width=place["w"],
        height=place["h"],
        is_stacked="stacking" in defaults.get("custom", {}),
        series=[line for line in series if line.points],
    )


def _filled(expression: str, variables: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda match: variables[match[1] or match[2]], expression)


def _legend(template: str, labels: Mapping[str, str]) -> str:
    return _LABEL.sub(lambda match: labels.get(match[1], ""), template)


def _points(values: list[tuple[float, str]]) -> list[tuple[float, float]]:
    points = [(moment, float(value)) for moment, value in values]
    return [(moment, value) for moment, value in points if math.isfinite(value)]
