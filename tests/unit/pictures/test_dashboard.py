# SPDX-License-Identifier: Apache-2.0
"""The picture of the dashboard: its queries, and what it draws of the answers."""

import itertools
import json
import re
from typing import Any
from xml.etree import ElementTree

import pytest

from doc import axes, picture_command
from doc.dashboard_picture import drawing, legend, units
from doc.dashboard_picture.panels import Panel, Series, panels_of

JSON = dict[str, Any]

DASHBOARD = json.loads((picture_command.TOP / "etc/kic-vm/grafana/kic-vm.json").read_text())
PICTURE = picture_command.IMAGES / "dashboard.svg"
SVG = "{http://www.w3.org/2000/svg}"
PERIOD = (0.0, 600.0)


def answers(*values: float, labels: JSON | None = None) -> list[JSON]:
    """One series, as Prometheus answers."""
    points = [[5.0 * number, str(value)] for number, value in enumerate(values)]
    return [{"metric": labels or {}, "values": points}]


def dashboard(expression: str, legend_format: str = "", **panel: Any) -> JSON:
    made = DASHBOARD["panels"][4] | {
        "targets": [{"expr": expression, "legendFormat": legend_format}]
    }
    return {"templating": DASHBOARD["templating"], "panels": [made | panel]}


def panel(kind: str, *series: Series, is_stacked: bool = False, width: int = 12) -> Panel:
    return Panel("Title", kind, "none", 0, 0, width, 8, is_stacked, list(series))


def texts(picture: str) -> list[str]:
    return [text.text or "" for text in ElementTree.fromstring(picture).iter(f"{SVG}text")]  # noqa: S314 - our own


def test_queries() -> None:
    """A query is sent with the time range in place of its variable."""
    sent: list[str] = []

    def query(expression: str) -> list[JSON]:
        sent.append(expression)
        return answers(1)

    panels_of(dashboard("max_over_time(a[$__range] @ end()) + b[${__range}]"), query, 600)
    assert sent == ["max_over_time(a[600s] @ end()) + b[600s]"]


def test_unknown_variable() -> None:
    """A query with a variable that the dashboard does not have is not sent."""
    with pytest.raises(KeyError, match="unknown"):
        panels_of(dashboard("a[$unknown]"), lambda _expression: answers(1), 600)


def test_series() -> None:
    """Series have the names of the legend and only values that can be drawn."""

    def query(_expression: str) -> list[JSON]:
        nothing = answers(float("nan"))
        return answers(1, float("nan"), 3, labels={"service": "compute"}) + nothing

    (found,) = panels_of(dashboard("a", "{{service}}: {{ reason }}"), query, 600)
    (series,) = found.series
    assert series == Series("compute: ", [(0.0, 1.0), (10.0, 3.0)])


@pytest.mark.parametrize("kind", ["stat", "timeseries"])
def test_no_data(kind: str) -> None:
    """A panel without series says so."""
    assert "No data" in texts(drawing.drawn([panel(kind)], PERIOD))


def test_stat() -> None:
    """A stat panel shows its last value with the unit."""
    shown = panel("stat", Series("", [(0.0, 1.0), (5.0, 2.5)]))
    assert "2.5" in texts(drawing.drawn([shown], PERIOD))


def test_gaps() -> None:
    """A line does not join points between which some are missing; a single point is a dot."""
    points = [(moment, 1.0) for moment in (0.0, 5.0, 10.0, 30.0, 60.0, 65.0)]
    picture = drawing.drawn([panel("timeseries", Series("a", points))], PERIOD)
    assert (picture.count("<polyline"), picture.count("<circle")) == (2, 1)


def test_stack() -> None:
    """Each series of a stack is on those before it, and a missing value counts as 0."""
    first = Series("a", [(0.0, 1.0), (5.0, 1.0)])
    second = Series("b", [(0.0, 2.0), (5.0, 2.0), (10.0, 2.0)])
    stacked = texts(drawing.drawn([panel("timeseries", first, second, is_stacked=True)], PERIOD))
    single = texts(drawing.drawn([panel("timeseries", first, second)], PERIOD))
    assert "3" in stacked
    assert "3" not in single


def test_legend() -> None:
    """The legend has all names in rows of the width; a name that is too long is cut."""
    names = ["compute", "network", "POST /api/v1/instances/{instance_id}/soft-reboot", "x" * 100]
    rows = legend.rows(names, 300)
    entries = list(itertools.chain.from_iterable(rows))
    assert [number for number, _name in entries] == [0, 1, 2, 3]
    assert [name for _number, name in rows[0]] == ["compute", "network"]
    assert entries[-1][1].endswith("\u2026")
    assert max(len(name) for _number, name in entries) < 300 / 6


def test_ticks() -> None:
    """The values of an axis are round, and enclose what is drawn."""
    assert axes.ticks(0, 0.9, 4) == pytest.approx([0, 0.5, 1])
    assert axes.ticks(0, 409, 6) == [0, 100, 200, 300, 400, 500]
    assert axes.ticks(0, 10, 5) == [0, 2, 4, 6, 8, 10]


def test_units() -> None:
    """Each unit of the dashboard is known."""
    for described in DASHBOARD["panels"]:
        assert units.shown(0.5, described["fieldConfig"]["defaults"]["unit"])
    assert units.shown(0.034, "percentunit") == "3.4%"
    assert units.shown(0.25, "s") == "250 ms"
    assert units.shown(300, "s") == "5 min"


def test_kept_picture() -> None:
    """The kept picture shows the panels of today: if not, run ``tools/tox run -e pictures``."""
    shown = " ".join(texts(PICTURE.read_text()))
    for described in DASHBOARD["panels"]:
        assert described["title"] in shown
    assert not re.search(r"[0-9a-f]{8}", shown)
