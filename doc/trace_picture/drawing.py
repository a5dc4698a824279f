# SPDX-License-Identifier: Apache-2.0
"""A trace as a waterfall: one row for each span, all on one axis."""

from collections.abc import Iterator
from typing import Final

from bench import plot
from doc.axes import ticks
from doc.trace_picture.spans import Span

_NAMES, _BARS, _END = 350, 500, 80  # widths of the columns: names and statuses, bars, durations
_ROW: Final = 24
_TOP: Final = 44
_MARGIN: Final = 12
_INDENT: Final = 16
_STATUS: Final = _NAMES - 34
_CHARACTER: Final = 6.6  # width
_INK, _FAILED, _BAND, _TREE = "#22303c", "#b3261e", "#f5f7f9", "#b9c4cd"
_REQUEST, _OTHER, _WAIT = "#22303c", "#8fa3b5", "#e9edf1"
_SERVICES: Final = {
    "identity": "#7d5ba6",
    "compute": "#c44e1f",
    "block-storage": "#22557a",
    "image": "#7a9c3c",
    "network": "#e0a030",
}
_CLIENT: Final = "SPAN_KIND_CLIENT"
_SERVER: Final = "SPAN_KIND_SERVER"


def drawn(spans: list[Span]) -> str:
    """The waterfall, as SVG.

    :param spans: in the order of the rows; the first one contains all others
    """
    places = ticks(0, max(span.start + span.duration for span in spans), 6)
    bottom = _TOP + _ROW * len(spans)
    width, height = _NAMES + _BARS + _END, bottom + _ROW + 2 * _MARGIN
    body = [_box(0, y, width, _ROW, _BAND) for y in range(_TOP, bottom, 2 * _ROW)]
    for milliseconds in places:
        x = _x_of(milliseconds, places[-1])
        body.append(plot.grid(f"M{x:.1f} {_TOP - 8}V{bottom}"))
        body.append(plot.text(x, _TOP - 14, f"{milliseconds:g} ms", "middle"))
    body.append(plot.text(_MARGIN, _TOP - 14, "Span", "start", "bold"))
    body.append(plot.text(_STATUS, _TOP - 14, "Status", "end", "bold"))
    for number, span in enumerate(spans):
        background = _BAND if number % 2 == 0 else "#fff"
        body += _row(span, _TOP + _ROW * number, places[-1], background)
    body += _legend(spans, bottom + _ROW)
    return plot.document(width, height, body)


def _x_of(milliseconds: float, last: float) -> float:
    return _NAMES + _BARS * milliseconds / last


def _row(span: Span, y: int, last: float, background: str) -> Iterator[str]:
    x = _MARGIN + _INDENT * span.depth
    baseline = y + _ROW / 2 + 4
    if span.depth:
        yield f'<path d="M{x - 11} {y}V{baseline - 4:g}h7" fill="none" stroke="{_TREE}"/>'
    weight = "bold" if span.kind == _SERVER else "normal"
    yield plot.text(x, baseline, span.name, "start", weight)
    if span.outcome:
        color = _FAILED if span.is_failed else _INK
        yield f'<g fill="{color}">{plot.text(_STATUS, baseline, span.outcome, "end")}</g>'
    start = _x_of(span.start, last)
    width = max(1.5, _x_of(span.start + span.duration, last) - start)
    stroke = f' stroke="{_color(span)}"' if _is_wait(span) else ""
    fill = _WAIT if _is_wait(span) else _color(span)
    yield _box(start, y + 6, width, _ROW - 12, fill, stroke)
    # The outline keeps the lines of the axis off the text.
    duration = plot.text(start + width + 5, baseline, f"{span.duration:.1f} ms", "start")
    yield f'<g stroke="{background}" stroke-width="4" paint-order="stroke">{duration}</g>'


def _is_wait(span: Span) -> bool:
    return span.kind not in {_CLIENT, _SERVER}


def _color(span: Span) -> str:
    return _REQUEST if span.kind == _SERVER else _SERVICES.get(span.service or "", _OTHER)


def _legend(spans: list[Span], y: int) -> Iterator[str]:
    """What the colors mean: only those that are in the picture."""
    used = {span.service for span in spans}
    entries = [("request to the gateway", _REQUEST, _REQUEST)]
    entries += [(name, color, color) for name, color in _SERVICES.items() if name in used]
    if any(map(_is_wait, spans)):
        entries.append(("light: wait", _WAIT, _OTHER))
    x = float(_MARGIN)
    for name, fill, stroke in entries:
        yield _box(x, y - 10, 14, 12, fill, f' stroke="{stroke}"')
        yield plot.text(x + 20, y, name, "start")
        x += 20 + len(name) * _CHARACTER + 20


def _box(x: float, y: float, width: float, height: float, fill: str, more: str = "") -> str:
    place = f'x="{x:.1f}" y="{y:g}" width="{width:.1f}" height="{height:g}"'
    return f'<rect {place} fill="{fill}"{more}/>'
