# SPDX-License-Identifier: Apache-2.0
"""The panels of a dashboard as one SVG, at their places in Grafana's grid."""

import itertools
from collections.abc import Iterator
from typing import Final

from bench import plot
from doc.axes import ticks
from doc.dashboard_picture import legend
from doc.dashboard_picture.panels import Panel, Series
from doc.dashboard_picture.units import shown

Period = tuple[float, float]
"""Start and end, in seconds since the epoch."""

_COLUMN, _ROW = 40, 32  # of the grid
_COLUMNS: Final = 24
_GAP: Final = 8  # between two panels
_PADDING: Final = 12
_TITLE: Final = 30
_AXIS: Final = 62  # width of the labels of the y axis
_TIMES: Final = 22  # height of those of the x axis
_TIME_WIDTH: Final = 60  # at least, from one of them to the next
_FRAME, _QUIET = "#d5dce2", "#6b7a86"
_OPACITY: Final = 0.3
_SPARK_HEIGHT: Final = 34


def drawn(panels: list[Panel], period: Period) -> str:
    """The dashboard, as SVG.

    :param period: that of the queries
    """
    body = []
    for panel in panels:
        place = f"translate({panel.x * _COLUMN + _GAP / 2:g} {panel.y * _ROW + _GAP / 2:g})"
        content = _stat if panel.kind == "stat" else _timeseries
        elements = "\n".join([*_frame(panel), *content(panel, period)])
        body.append(f'<g transform="{place}">\n{elements}\n</g>')
    rows = max(panel.y + panel.height for panel in panels)
    return plot.document(_COLUMNS * _COLUMN, rows * _ROW, body)


def _size(panel: Panel) -> tuple[int, int]:
    return panel.width * _COLUMN - _GAP, panel.height * _ROW - _GAP


def _frame(panel: Panel) -> Iterator[str]:
    width, height = _size(panel)
    yield f'<rect width="{width}" height="{height}" rx="3" fill="none" stroke="{_FRAME}"/>'
    room = width - 2 * _PADDING
    for number, line in enumerate(legend.wrapped(panel.title, room)):
        yield plot.text(_PADDING, 20 + 15 * number, line, "start", "bold")


def _stat(panel: Panel, period: Period) -> Iterator[str]:
    """The last value of the only series, and its course."""
    width, height = _size(panel)
    if not panel.series:
        yield _no_data(width / 2, height / 2)
        return
    (series,) = panel.series
    value = plot.text(width / 2, height / 2 + 16, shown(series.points[-1][1], panel.unit), "middle")
    yield f'<g font-size="26">{value}</g>'
    area = _Area(1, height - _SPARK_HEIGHT, width - 2, _SPARK_HEIGHT - 1, period, _top(panel))
    yield from area.lines([series], is_stacked=True)


def _timeseries(panel: Panel, period: Period) -> Iterator[str]:
    width, height = _size(panel)
    rows = legend.rows([series.name for series in panel.series], width - 2 * _PADDING)
    bottom = height - _PADDING - legend.ROW * len(rows)
    values = ticks(0, _top(panel), 4)
    area = _Area(
        _AXIS + _PADDING,
        _TITLE + 8,
        width - _AXIS - 3 * _PADDING,
        bottom - _TIMES - _TITLE - 8,
        period,
        values[-1],
    )
    for value in values:
        y = area.y_of(value)
        yield plot.grid(f"M{area.x:g} {y:.1f}H{area.x + area.width:g}")
        yield plot.text(area.x - 6, y + 4, shown(value, panel.unit), "end")
    start, end = period
    for minutes in ticks(0, (end - start) / 60, min(5, int(area.width / _TIME_WIDTH))):
        x = area.x_of(start + 60 * minutes)
        if minutes * 60 <= end - start:
            yield plot.grid(f"M{x:.1f} {area.y:g}V{area.y + area.height:g}")
            yield plot.text(x, area.y + area.height + 16, f"{minutes:g} min", "middle")
    if panel.series:
        yield from area.lines(panel.series, is_stacked=panel.is_stacked)
    else:
        yield _no_data(area.x + area.width / 2, area.y + area.height / 2)
    for number, row in enumerate(rows):
        yield from legend.drawn(row, _PADDING, bottom + legend.ROW * (number + 0.8))


def _no_data(x: float, y: float) -> str:
    return f'<g fill="{_QUIET}">{plot.text(x, y + 4, "No data", "middle")}</g>'


def _top(panel: Panel) -> float:
    """The largest value; 1 if there is none above 0."""
    upper = _stacked(panel.series) if panel.is_stacked else panel.series
    return max((value for line in upper for _time, value in line.points), default=0) or 1


def _stacked(series: list[Series]) -> list[Series]:
    """Each series on those before it; where one of these has no value, it counts as 0."""
    sums: dict[float, float] = {}
    stacked = []
    for line in series:
        for moment, value in line.points:
            sums[moment] = sums.get(moment, 0) + value
        stacked.append(
            Series(line.name, [(moment, sums[moment]) for moment, _value in line.points])
        )
    return stacked


class _Area:
    """The area of the lines of a panel."""

    def __init__(
        self, x: float, y: float, width: float, height: float, period: Period, top: float
    ) -> None:
        self.x, self.y, self.width, self.height = x, y, width, height
        self._start, self._end = period
        self._top = top

    def x_of(self, moment: float) -> float:
        return self.x + self.width * (moment - self._start) / (self._end - self._start)

    def y_of(self, value: float) -> float:
        return self.y + self.height * (1 - value / self._top)

    def lines(self, series: list[Series], *, is_stacked: bool) -> Iterator[str]:
        """The series as lines; those of a stack are filled down to the line below."""
        upper = _stacked(series) if is_stacked else series
        for number, (line, own) in enumerate(zip(upper, series, strict=True)):
            color = legend.color(number)
            thickness = dict(own.points)
            for part in _parts(line.points):
                if len(part) == 1:
                    x, y = self._place(*part[0]).split(",")
                    yield f'<circle cx="{x}" cy="{y}" r="1.5" fill="{color}"/>'
                    continue
                path = [self._place(moment, value) for moment, value in part]
                if is_stacked:
                    below = [
                        self._place(moment, value - thickness[moment]) for moment, value in part
                    ]
                    area = " ".join([*path, *reversed(below)])
                    yield f'<polygon points="{area}" fill="{color}" fill-opacity="{_OPACITY}"/>'
                yield (
                    f'<polyline points="{" ".join(path)}" fill="none" stroke="{color}" '
                    'stroke-width="1.5" stroke-linejoin="round"/>'
                )

    def _place(self, moment: float, value: float) -> str:
        return f"{self.x_of(moment):.1f},{self.y_of(value):.1f}"


def _parts(points: list[tuple[float, float]]) -> Iterator[list[tuple[float, float]]]:
    """The points without gaps: a line does not join points between which one is missing."""
    step = min((later[0] - point[0] for point, later in itertools.pairwise(points)), default=0)
    part = points[:1]
    for point in points[1:]:
        if point[0] - part[-1][0] > 1.5 * step:
            yield part
            part = []
        part.append(point)
    yield part
