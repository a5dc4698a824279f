# SPDX-License-Identifier: Apache-2.0
"""Two runs side by side: ``python -m bench.compare before.json after.json``."""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench import targets
from bench.cases import GATEWAY

JSON = dict[str, Any]


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="bench.compare", description=__doc__)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    arguments = parser.parse_args()
    before, after = (
        dict(_figures(json.loads(path.read_text()))) for path in (arguments.before, arguments.after)
    )
    for name in before.keys() & after.keys():
        change = after[name] / before[name] if before[name] else float("nan")
        print(f"{name:70} {before[name]:10.4g} {after[name]:10.4g}  x {change:.2f}")


def _figures(results: JSON) -> Iterator[tuple[str, float]]:
    """The gateway's own medians, as seconds and as multiples of what they are made of."""
    runs = [results["live"]] if "live" in results else []
    for run in [*runs, *results.get("replayed", [])]:
        where = "recorded" if "latency" in run else "real"
        for case, ways in run["cases"].items():
            yield f"{case}, {run['servers']} {where}, s", ways[GATEWAY]["median"]
    for target in targets.of(results):
        yield f"{target.what}, {target.unit}", target.measured


if __name__ == "__main__":
    main()
