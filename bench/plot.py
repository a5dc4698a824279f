# SPDX-License-Identifier: Apache-2.0
"""The medians of a run as bars, on a scale where each step is ten times the last."""

import math
from collections.abc import Iterable, Iterator
from typing import Any, Final
from xml.sax.saxutils import escape

from bench.cases import GATEWAY

JSON = dict[str, Any]

_LABELS, _BARS, _LINE, _MARGIN = 330, 520, 20, 14
_OURS, _OTHERS, _INK, _GRID = "#c44e1f", "#8fa3b5", "#22303c", "#d5dce2"
_LEAST: Final = 0.001


def drawn(results: JSON) -> str:
    """The plot, as SVG."""
    groups = list(_groups(results))
    most = max(median for _title, ways in groups for median in ways.values())
    decades = math.ceil(math.log10(most / _LEAST))
    height = 2 * _MARGIN + _LINE * (1 + sum(len(ways) + 2 for _title, ways in groups))
    body = []
    for decade in range(decades + 1):
        x = _LABELS + _BARS * decade / decades
        body.append(grid(f"M{x:.1f} {_LINE + _MARGIN}V{height - _MARGIN}"))
        body.append(text(x, _MARGIN + 8, duration(_LEAST * 10**decade), "middle"))
    y = 2 * _LINE + _MARGIN
    for title, ways in groups:
        body.append(text(_MARGIN, y, title, "start", "bold"))
        y += _LINE
        for name, median in ways.items():
            width = max(1.0, _BARS * math.log10(median / _LEAST) / decades)
            colour = _OURS if name.startswith(GATEWAY) else _OTHERS
            body.append(text(_LABELS - 8, y, name, "end"))
            place = f'x="{_LABELS}" y="{y - 12}" width="{width:.1f}" height="15"'
            body.append(f'<rect {place} fill="{colour}"/>')
            body.append(text(_LABELS + width + 5, y, duration(median), "start"))
            y += _LINE
        y += _LINE
    return document(_LABELS + _BARS + 90, height, body)


def document(width: int, height: int, body: Iterable[str]) -> str:
    """An SVG with a white background.

    :param body: its elements
    """
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}"'
        f' font-family="sans-serif" font-size="12" fill="{_INK}">\n'
        f'<rect width="{width}" height="{height}" fill="#fff"/>\n' + "\n".join(body) + "\n</svg>\n"
    )


def grid(path: str) -> str:
    """A line of the grid."""
    return f'<path d="{path}" stroke="{_GRID}"/>'


def _groups(results: JSON) -> Iterator[tuple[str, dict[str, float]]]:
    runs = [results["live"]] if results.get("live") else []
    for run in [*runs, *results.get("replayed", [])]:
        where = "recorded" if "latency" in run else "real OpenStack"
        for case, ways in run["cases"].items():
            shown = {
                name: way["median"] for name, way in ways.items() if not name.startswith("only ")
            }
            yield f"{case}, {run['servers']:,} machines, {where}", shown


def duration(seconds: float) -> str:
    """A duration with three digits."""
    return (
        f"{seconds:g} s"
        if seconds >= 10
        else (f"{seconds:.2g} s" if seconds >= 1 else f"{seconds * 1000:.3g} ms")
    )


def text(x: float, y: float, words: str, anchor: str, weight: str = "normal") -> str:
    """A text as an element of an SVG."""
    return (
        f'<text x="{x:.1f}" y="{y:g}" text-anchor="{anchor}" font-weight="{weight}">'
        f"{escape(words)}</text>"
    )
