# SPDX-License-Identifier: Apache-2.0
"""Measure, and write what was measured into the documentation."""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from bench import billed, growth_plot, limited, machine, plot, report, runs, targets
from bench.project import BenchError
from tests.functional import standalone

JSON = dict[str, Any]

_DOCUMENTATION: Final = Path(__file__).parents[1] / "doc/source/admin"
PARTS: Final = (
    "live",
    "replayed",
    "loaded",
    "aged",
    "crowded",
    "growing",
    "billed",
    "limited",
    "lasting",
)


def main() -> int:
    """The command; its exit status says whether it could measure, not what came out."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--servers", type=int, default=50, help="machines on the real OpenStack")
    parser.add_argument("--rounds", type=int, default=15, help="of the real OpenStack")
    parser.add_argument("--requests", type=int, default=10_000, help="of the lasting run")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART")
    parser.add_argument(
        "--output", type=Path, default=_DOCUMENTATION, help="directory of the page and the plot"
    )
    arguments = parser.parse_args()
    results: JSON = {"machine": machine.described() | {"loops": [machine.loop_seconds()]}}
    parts: dict[str, Callable[[], Any]] = {
        "live": lambda: _live(arguments.servers, arguments.rounds),
        "replayed": lambda: [
            runs.replayed(1000, arguments.rounds),
            runs.replayed(10_000, 3, is_quick=True),
        ],
        "loaded": lambda: runs.loaded(8),
        "aged": lambda: runs.aged(20),
        "crowded": lambda: runs.crowded(20),
        "growing": runs.growing,
        "billed": lambda: billed.measure(1000, runs.LATENCY),
        "limited": lambda: limited.measure(6, 500),
        "lasting": lambda: runs.lasting(arguments.requests),
    }
    try:
        for part in arguments.only:
            begin = time.monotonic()
            results[part] = parts[part]()
            results["machine"]["loops"].append(machine.loop_seconds())
            print(f"bench: {part} took {time.monotonic() - begin:.0f} s", flush=True)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    _write(results, arguments.output)
    for target in targets.of(results):
        met = "reached" if target.is_met else "MISSED"
        aim = f"{'>=' if target.is_least else '<='} {target.aim:g} {target.unit}"
        print(f"{met:8} {target.what}: {target.measured:.3g} {target.unit} (aim {aim})")
    return 0


def _live(servers: int, rounds: int) -> JSON:
    """The only part that needs the standalone OpenStack. It is stopped if it did not run before."""
    with standalone.running() as demo:
        return runs.live(demo, servers, rounds)


def _write(results: JSON, directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "speed.json").write_text(json.dumps(results, indent=1) + "\n")
    (directory / "speed-figures.inc").write_text(report.page(results))
    if results.get("live") or results.get("replayed"):
        (directory / "speed.svg").write_text(plot.drawn(results))
    if results.get("growing"):
        (directory / "growth.svg").write_text(growth_plot.drawn(results["growing"]))
    print(f"bench: written to {directory}")


if __name__ == "__main__":
    sys.exit(main())
