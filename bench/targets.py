# SPDX-License-Identifier: Apache-2.0
"""What is aimed at, each as one number of a run, and whether it was reached."""

import dataclasses
from typing import Any, Final

from bench.cases import GATEWAY, NOVA, ONE_BY_ONE, SDK, SIDE_BY_SIDE
from bench.limited import NO_LIMIT, ONE_LIMIT

JSON = dict[str, Any]

_MIB: Final = 2**20


@dataclasses.dataclass(frozen=True)
class Target:
    """One of them; ``aim`` is the most, or the least where ``is_least``."""

    what: str
    aim: float
    unit: str
    measured: float
    is_least: bool = False

    @property
    def is_met(self) -> bool:
        """Whether it was reached."""
        return self.measured >= self.aim if self.is_least else self.measured <= self.aim


def of(results: JSON) -> list[Target]:
    """Those of which the run has the figures."""
    found = []
    if live := results.get("live"):
        found += _of_live(live)
    for run in results.get("replayed", []):
        if run["servers"] == 1000:
            found += _of_thousand(run)
    if (loads := results.get("loaded")) and results.get("replayed"):
        get = results["replayed"][0]["cases"]["get"]
        found += _of_loads(loads, get[ONE_BY_ONE]["median"])
    if aged := results.get("aged"):
        found += _of_ages(aged)
    if crowded := results.get("crowded"):
        found += _of_crowd(crowded)
    if billed := results.get("billed"):
        what = f"usage of {billed['servers']:,} instances"
        found += [
            Target(f"{what}, read first", 60, "s", billed["first"]["seconds"]),
            Target(f"{what}, read again", 1, "s", billed["again"]["seconds"]),
        ]
    if limited := results.get("limited"):
        added = limited[ONE_LIMIT]["median"] - limited[NO_LIMIT]["median"]
        found.append(Target("one rate limit, in addition", 0.1, "ms", added * 1000))
    if lasting := results.get("lasting"):
        found += _of_lasting(lasting)
    return found


def _of_ages(aged: JSON) -> list[Target]:
    thousand, many = (run["ways"] for run in aged["projects"])
    unchanged = thousand["page of 100, known, 304"]
    polls, small = aged["consoles"], many["page of 20, known"]
    return [
        Target("100 polling clients, upstream calls in 2 s", 4, "calls", polls["calls_per_pause"]),
        Target("100 polling clients, median", 15, "ms", polls["median"] * 1000),
        Target("100 polling clients, p99", 100, "ms", polls["p99"] * 1000),
        Target("100 polling clients, CPU", 50, "% of a core", polls["cpu_share"] * 100),
        Target(
            "304 from a known list, CPU",
            1.5,
            "ms",
            unchanged["cpu"] * 1000,
        ),
        Target("page of 20 of 10,000, known, CPU", 4, "ms", small["cpu"] * 1000),
        Target("page of 20 of 10,000, known", 8, "ms", small["median"] * 1000),
    ]


def _of_crowd(crowded: JSON) -> list[Target]:
    run = crowded["clients"]
    count, projects = f"{run['clients']:,} polling clients", run["projects"]
    limit, rows = next(iter(crowded["memory"].items()))
    full, whole = rows[-2:]  # the limit holds fewer lists than these projects have
    return [
        Target(f"{count} of {projects} projects, errors", 0, "", run["errors"]),
        Target(f"{count} of {projects} projects, p99", 500, "ms", run["p99"] * 1000),
        Target(
            f"memory with lists of {whole['projects']} projects, limit of {limit} MiB, against "
            f"{full['projects']} projects",
            1.05,
            "x",
            whole["resident"] / full["resident"],
        ),
    ]


def _of_live(live: JSON) -> list[Target]:
    get, listed = live["cases"]["get"], live["cases"]["list"]
    return [
        Target(
            "get, against its calls side by side",
            1.05,
            "x",
            get[GATEWAY]["median"] / get[SIDE_BY_SIDE]["median"],
        ),
        Target(
            f"list of {live['servers']}, against its calls side by side",
            1.05,
            "x",
            listed[GATEWAY]["median"] / listed[SIDE_BY_SIDE]["median"],
        ),
        *_of_known_list(live, "real Nova"),
    ]


def _of_known_list(run: JSON, nova: str) -> list[Target]:
    ways = run["cases"].get("known list")
    if ways is None:
        return []
    what = f"list of {run['servers']:,} known, against the list of the {nova}"
    return [Target(what, 0.02, "x", ways[GATEWAY]["median"] / ways[NOVA]["median"])]


def _of_thousand(run: JSON) -> list[Target]:
    listed, page = run["cases"]["list"], run["cases"]["page of 20"]
    ours = listed[GATEWAY]["median"]
    return [
        Target(
            "list of 1,000, against its calls side by side",
            1.3,
            "x",
            ours / listed[SIDE_BY_SIDE]["median"],
        ),
        *_of_known_list(run, "recorded Nova"),
        Target(
            "list of 1,000, against openstacksdk's servers alone",
            0.25,
            "x",
            ours / listed[f"{SDK}, servers alone"]["median"],
        ),
        Target(
            "page of 20 of 1,000, against the list of 1,000",
            1,
            "x",
            page[GATEWAY]["median"] / page[f"{GATEWAY}, the whole list"]["median"],
        ),
        Target("own CPU of a get now and then", 3.5, "ms", run["cpu"]["get"] * 1000),
        Target("own CPU of a listed instance", 0.08, "ms", run["cpu"]["list"]),
    ]


def _of_loads(loads: JSON, serial: float) -> list[Target]:
    busy = loads["32 threads, 32 clients"]
    crowd = [run for name, run in loads.items() if name.endswith(" 200 clients")]
    return [
        Target(
            "32 clients of one process, against its calls one by one",
            5,
            "x",
            busy["per_second"] * serial,
            is_least=True,
        ),
        Target("errors under 200 clients", 0, "", sum(run["errors"] for run in crowd)),
    ]


def _of_lasting(lasting: JSON) -> list[Target]:
    resident = lasting["resident"]
    count = f"{lasting['requests']:,}"
    return [
        Target("own CPU of a get among many", 3.5, "ms", lasting["cpu"] * 1000),
        Target(f"memory after {count} requests", 120, "MiB", resident[-1] / _MIB),
        Target(
            f"growth over the second half of {count} requests",
            1.02,
            "x",
            resident[-1] / resident[len(resident) // 2],
        ),
        Target("start to first answer", 1.5, "s", lasting["first_answer"]),
    ]
