# SPDX-License-Identifier: Apache-2.0
"""The command line: ``python -m doc.dashboard_picture``."""

import json
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from doc import picture_command
from doc.dashboard_picture import drawing, run
from doc.dashboard_picture.panels import panels_of
from doc.real_runs import RunFailure

JSON = dict[str, Any]

DASHBOARD: Final = picture_command.TOP / "etc/kic-vm/grafana/kic-vm.json"


def main() -> int:
    """Record a run, or read a record, and draw it; the exit code."""
    parser = picture_command.parser(
        "dashboard_picture",
        "Runs a gateway, a worker and Prometheus in front of the OpenStack of `make demo`, sends a "
        "small load, and draws the panels of the Grafana dashboard.",
    )
    parser.add_argument("--minutes", type=float, default=10, help="the time that is shown")
    arguments = parser.parse_args()
    dashboard = json.loads(DASHBOARD.read_text())
    if arguments.saved:
        record = json.loads(arguments.saved.read_text())
    else:
        if shutil.which("prometheus") is None:
            print("dashboard_picture: install Prometheus (Debian: prometheus)", file=sys.stderr)
            return 1
        try:
            record = _recorded(dashboard, arguments.demo, arguments.minutes * 60)
        except RunFailure as failure:
            print(f"dashboard_picture: {failure}", file=sys.stderr)
            return 1
    if arguments.save:
        arguments.save.write_text(json.dumps(record))
    start, end = record["start"], record["end"]
    panels = panels_of(dashboard, record["answers"].__getitem__, end - start)
    (picture_command.IMAGES / "dashboard.svg").write_text(drawing.drawn(panels, (start, end)))
    return 0


def _recorded(dashboard: JSON, demo: Path, seconds: float) -> JSON:
    """The answers to the queries of the dashboard after a run, by query."""
    answers: dict[str, list[JSON]] = {}
    with (
        tempfile.TemporaryDirectory() as directory,
        run.monitored(demo, Path(directory), seconds) as prometheus,
    ):
        end = time.time()
        start = end - seconds

        def query(expression: str) -> list[JSON]:
            found = prometheus.series(expression, start, end, run.SCRAPE_SECONDS)
            answers[expression] = found
            return found

        panels_of(dashboard, query, end - start)
    return {"start": start, "end": end, "answers": answers}


sys.exit(main())
