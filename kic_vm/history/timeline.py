# SPDX-License-Identifier: Apache-2.0
"""The periods of an instance as a picture."""

import datetime
import html
from collections.abc import Iterator, Sequence
from typing import Final

from kic_vm.history.periods import Period

_WIDTH: Final = 960
_LEFT: Final = 190
_RIGHT: Final = 20
_TOP: Final = 56
_ROW: Final = 24
_TICKS: Final = 6
_FONT: Final = "Noto Sans KR, Noto Sans CJK KR, sans-serif"
_BILLED: Final = ("#5b8c51", "#5b8c51", "")
_UNBILLED: Final = ("#ffffff", "#888888", ' stroke-dasharray="3 2"')
_UNKNOWN: Final = ("#f4d58d", "#a66f00", "")
_UNKNOWN_ROW: Final = "unknown"


def as_svg(periods: Sequence[Period], now: datetime.datetime) -> str:
    """A row for each state, in the order of its first occurrence, over time.

    Billed periods are filled, unbilled ones dashed, unknown ones yellow. The title of each period
    shows its times.

    :param periods: oldest first, at least one
    """
    start = periods[0].started_at
    end = periods[-1].ended_at or now
    rows = list(dict.fromkeys(period.state or _UNKNOWN_ROW for period in periods))
    height = _TOP + _ROW * len(rows) + 34
    size = f'viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="{_FONT}" font-size="12">',
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        *_legend(periods, now),
        *_axis(start, end, _TOP + _ROW * len(rows)),
    ]
    for number, row in enumerate(rows):
        y = _TOP + _ROW * number
        lines.append(f'<text x="{_LEFT - 10}" y="{y + 16}" text-anchor="end">{_text(row)}</text>')
    bars = [_bar(period, rows, start, end, now) for period in periods]
    return "\n".join([*lines, *bars, "</svg>", ""])


def _legend(periods: Sequence[Period], now: datetime.datetime) -> Iterator[str]:
    x = _LEFT
    for style, name, billable in (
        (_BILLED, "billed", True),
        (_UNBILLED, "not billed", False),
        (_UNKNOWN, "unknown", None),
    ):
        seconds = sum(period.seconds(now) for period in periods if period.billable is billable)
        yield _rectangle(x, 14, 14, style)
        yield f'<text x="{x + 20}" y="26">{name}: {seconds:,} s</text>'
        x += 180


def _axis(start: datetime.datetime, end: datetime.datetime, y: int) -> Iterator[str]:
    total = (end - start).total_seconds()
    shape = "%H:%M:%S" if total < 86400 else "%Y-%m-%d %H:%M"
    ticks = max(1, min(_TICKS, int(total)))
    for number in range(ticks + 1):
        x = _LEFT + (_WIDTH - _LEFT - _RIGHT) * number / ticks
        moment = start + datetime.timedelta(seconds=total * number / ticks)
        anchor = "end" if number == ticks else "start" if number == 0 else "middle"
        yield (f'<line x1="{x:.1f}" y1="{_TOP - 6}" x2="{x:.1f}" y2="{y + 4}" stroke="#dddddd"/>')
        yield (
            f'<text x="{x:.1f}" y="{y + 20}" text-anchor="{anchor}" fill="#555555">'
            f"{moment.strftime(shape)}</text>"
        )


def _bar(
    period: Period,
    rows: Sequence[str],
    start: datetime.datetime,
    end: datetime.datetime,
    now: datetime.datetime,
) -> str:
    total = max(1.0, (end - start).total_seconds())
    scale = (_WIDTH - _LEFT - _RIGHT) / total
    x = _LEFT + (period.started_at - start).total_seconds() * scale
    width = max(1.0, period.seconds(now) * scale)
    row = period.state or _UNKNOWN_ROW
    style = {True: _BILLED, False: _UNBILLED, None: _UNKNOWN}[period.billable]
    until = "now" if period.ended_at is None else f"{period.ended_at:%Y-%m-%d %H:%M:%S}"
    title = (
        f"{row}: {period.started_at:%Y-%m-%d %H:%M:%S} - {until} UTC, "
        f"{period.seconds(now):,} s, {period.evidence}"
    )
    bar = _rectangle(x, _TOP + _ROW * rows.index(row) + 3, width, style)
    return f"<g><title>{_text(title)}</title>{bar}</g>"


def _rectangle(x: float, y: float, width: float, style: tuple[str, str, str]) -> str:
    fill, stroke, dashes = style
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="14" rx="2" '
        f'fill="{fill}" stroke="{stroke}"{dashes}/>'
    )


def _text(text: str) -> str:
    return html.escape(text, quote=False)
