# SPDX-License-Identifier: Apache-2.0
"""The growth of costs with the size of a project, as lines on logarithmic scales."""

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

from bench import growth, plot

JSON = dict[str, Any]

_WIDTH, _HEIGHT = 300, 210  # of the area of a panel
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 185, 36, 34  # its margins
_LABEL_HEIGHT: Final = 14
_COLORS: Final = ("#c44e1f", "#e0a030", "#22557a", "#7a9c3c")
_UNITS: Final[dict[str, tuple[str, float, Callable[[float], str]]]] = {
    "calls": ("Upstream calls", 1, lambda value: f"{value:g}"),
    "seconds": ("Time", 1, plot.duration),
    "cpu": ("CPU time of the gateway", 1, plot.duration),
    "memory": ("Growth of its memory", 2**-20, lambda value: f"{value:g} MiB"),
}


def drawn(growing: JSON) -> str:
    """The plot, as SVG: one panel for each quantity, one line for each way."""
    width, height = _LEFT + _WIDTH + _RIGHT, _TOP + _HEIGHT + _BOTTOM
    panels = [
        f'<g transform="translate({number % 2 * width} {number // 2 * height})">\n'
        + "\n".join(_panel(growing, quantity))
        + "\n</g>"
        for number, quantity in enumerate(growth.QUANTITIES)
    ]
    return plot.document(2 * width, 2 * height, panels)


def _panel(growing: JSON, quantity: str) -> list[str]:
    title, factor, shown = _UNITS[quantity]
    sizes: list[int] = growing["sizes"]
    lines = {
        way: [value * factor for value in growth.values_of(growing, way, quantity)]
        for way in growing["ways"]
    }
    positive = [value for values in lines.values() for value in values if value > 0]
    low, high = math.floor(math.log10(min(positive))), math.ceil(math.log10(max(positive)))
    high = max(high, low + 1)
    first, last = math.log10(sizes[0]), math.log10(sizes[-1])

    def x_of(size: float) -> float:
        return _LEFT + _WIDTH * (math.log10(size) - first) / (last - first)

    def y_of(value: float) -> float:
        return _TOP + _HEIGHT * (high - math.log10(value)) / (high - low)

    body = [plot.text(_LEFT, _TOP - 16, title, "start", "bold")]
    for decade in range(low, high + 1):
        y = y_of(10.0**decade)
        body.append(plot.grid(f"M{_LEFT} {y:.1f}H{_LEFT + _WIDTH}"))
        body.append(plot.text(_LEFT - 6, y + 4, shown(10.0**decade), "end"))
    for size in sizes:
        x = x_of(size)
        body.append(plot.grid(f"M{x:.1f} {_TOP}V{_TOP + _HEIGHT}"))
        body.append(plot.text(x, _TOP + _HEIGHT + 18, f"{size:,}", "middle"))
    labels = []
    for color, (way, values) in zip(_COLORS, lines.items(), strict=True):
        points = [(x_of(size), y_of(v)) for size, v in zip(sizes, values, strict=True) if v > 0]
        if points:
            body.append(_line(points, color))
        at_end = y_of(values[-1]) if values[-1] > 0 else float(_TOP + _HEIGHT)
        labels.append((at_end, color, _label(way, growth.exponent(sizes, values), values)))
    return body + _labels(labels)


def _label(way: str, exponent: float | None, values: Sequence[float]) -> str:
    if exponent is not None:
        return f"{way}: n^{exponent:z.2f}"
    return f"{way}: none" if max(values) <= 0 else way


def _line(points: list[tuple[float, float]], color: str) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    marks = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in points)
    line = f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>'
    return f'{line}<g fill="{color}">{marks}</g>'


def _labels(labels: list[tuple[float, str, str]]) -> list[str]:
    """The labels at the ends of the lines, moved apart so that none covers another."""
    shown = []
    free = -math.inf
    for y, color, label in sorted(labels):
        place = max(y + 4, free)
        free = place + _LABEL_HEIGHT
        x = _LEFT + _WIDTH + 8
        shown.append(f'<g fill="{color}">{plot.text(x, place, label, "start")}</g>')
    return shown
