# SPDX-License-Identifier: Apache-2.0
"""A run as a page of the documentation."""

from typing import Any, Final

from bench import growth, targets
from bench.cases import GATEWAY, SKYLINE

JSON = dict[str, Any]

_REASON: Final = 200  # characters
_HEAD: Final = """\
.. Written by ``make bench``.

"""


def page(results: JSON) -> str:
    """The tables of a run, as reStructuredText."""
    machine = results["machine"]
    processor = f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB"
    commit = f"``{machine['commit']}``{' with changes' if machine['is_changed'] else ''}"
    parts = [
        _HEAD + f"Measured on {processor}, Python {machine['python']}, at commit {commit}; when it "
        f"began, the load of the machine was {machine['busy']:.1f}. A loop of a million additions "
        f"took {_range(machine['loops'])} ms of CPU before and after the parts.\n",
        table(
            "Targets",
            ["What", "Aim", "Measured", ""],
            [
                [
                    target.what,
                    f"{'≥' if target.is_least else '≤'} {target.aim:g} {target.unit}",
                    f"{target.measured:.3g} {target.unit}",
                    "reached" if target.is_met else "missed",
                ]
                for target in targets.of(results)
            ],
        ),
    ]
    if live := results.get("live"):
        parts.append(_cases(f"Real OpenStack, {live['servers']} machines", live["cases"]))
        parts += _skyline(live)
    for run in results.get("replayed", []):
        latency = f"{run['latency'] * 1000:.0f} ms latency"
        title = f"Recorded OpenStack, {run['servers']:,} machines, {latency}"
        parts.append(_cases(title, run["cases"]))
        parts += [*_skyline(run), *_upstream(run)]
    if loads := results.get("loaded"):
        parts.append(_loads(loads))
    if aged := results.get("aged"):
        parts += [_ages(run) for run in aged["projects"]] + [_consoles(aged["consoles"])]
    if crowded := results.get("crowded"):
        parts += [_crowd(crowded["clients"], crowded["servers"]), _memory(crowded)]
    if growing := results.get("growing"):
        parts += [".. image:: growth.svg\n", _growth(growing)]
    if billed := results.get("billed"):
        parts.append(_billed(billed))
    if limited := results.get("limited"):
        parts.append(_limited(limited))
    return "\n".join(parts)


def _range(seconds: list[float]) -> str:
    return f"{min(seconds) * 1000:.0f} to {max(seconds) * 1000:.0f}"


def _cases(title: str, cases: JSON) -> str:
    rows = []
    for case, ways in cases.items():
        ours = ways[GATEWAY]["median"]
        for number, (name, way) in enumerate(ways.items()):
            median = way["median"]
            shown = [f"{median * 1000:.1f}", f"{median / ours:.2f}", str(way["times"])]
            rows.append(["" if number else case, name, *shown])
    return table(title, ["Case", "Way", "Median, ms", "x kic-vm", "Times"], rows)


def _skyline(run: JSON) -> list[str]:
    """What ran as skyline-apiserver, or why it did not."""
    match run.get("skyline"):
        case {"version": version}:
            return [f"{SKYLINE} {version} ran with one worker process.\n"]
        case {"missing": reason}:
            words = " ".join(reason.split()).replace("`", "'")
            return [f"{SKYLINE} was not measured: ``{words[:_REASON]}``\n"]
        case _:
            return []


def _upstream(run: JSON) -> list[str]:
    """The calls of one request to each service."""
    calls: dict[str, dict[str, dict[str, int]]] = run.get("calls", {})
    counted = [(case, way, counts) for case, ways in calls.items() for way, counts in ways.items()]
    services = sorted({service for *_names, counts in counted for service in counts})
    rows = [
        [
            case,
            way,
            *(str(counts.get(service, 0)) for service in services),
            str(sum(counts.values())),
        ]
        for case, way, counts in counted
    ]
    title = f"Upstream calls of one request, {run['servers']:,} machines"
    return [table(title, ["Case", "Way", *services, "All"], rows)] if rows else []


def _loads(loads: JSON) -> str:
    rows = [
        [
            name,
            f"{run['per_second']:.0f}",
            f"{run['median'] * 1000:.0f}",
            f"{run['p99'] * 1000:.0f}",
            str(run["errors"]),
        ]
        for name, run in loads.items()
    ]
    return table(
        "Gets of one instance, one worker process, 20 ms latency",
        ["", "Requests a second", "Median, ms", "p99, ms", "Errors"],
        rows,
    )


def _ages(run: JSON) -> str:
    rows = [
        [
            name,
            f"{way['median'] * 1000:.1f}",
            f"{way['cpu'] * 1000:.1f}",
            f"{way['calls']:.1f}",
        ]
        for name, way in run["ways"].items()
    ]
    return table(
        f"Responses of an accepted age, {run['servers']:,} machines, 20 ms latency",
        ["Way", "Median, ms", "CPU, ms", "Upstream calls"],
        rows,
    )


def _consoles(run: JSON) -> str:
    title = (
        f"{run['clients']} clients that poll pages of 100 of 1,000 machines every 2 s, max-age=2"
    )
    return _polls(title, run, "2 s")


def _crowd(run: JSON, servers: int) -> str:
    title = (
        f"{run['clients']:,} clients that poll pages of {run['projects']} projects of {servers:,} "
        "machines every 5 s, max-age=5, two worker processes"
    )
    return _polls(title, run, "5 s")


def _polls(title: str, run: JSON, pause: str) -> str:
    return table(
        title,
        ["Median, ms", "p99, ms", "Errors", f"Upstream calls in {pause}", "CPU, % of a core"],
        [
            [
                f"{run['median'] * 1000:.1f}",
                f"{run['p99'] * 1000:.1f}",
                str(run["errors"]),
                f"{run['calls_per_pause']:.1f}",
                f"{run['cpu_share'] * 100:.0f}",
            ]
        ],
    )


def _memory(crowded: JSON) -> str:
    runs: JSON = crowded["memory"]
    rows = [
        [
            str(same_count[0]["projects"]),
            *(f"{row[key] / 2**20:.0f}" for row in same_count for key in ("resident", "redis")),
        ]
        for same_count in zip(*runs.values(), strict=True)
    ]
    heads = [f"{what}, limit of {limit} MiB" for limit in runs for what in ("Process", "Redis")]
    title = f"Memory with lists of several projects of {crowded['servers']:,} machines, in MiB"
    return table(title, ["Projects", *heads], rows)


def _growth(growing: JSON) -> str:
    units = {
        "calls": ("upstream calls", 1),
        "seconds": ("time, ms", 1000),
        "cpu": ("CPU, ms", 1000),
        "memory": ("growth of the process, MiB", 2**-20),
    }
    rows = []
    for way in growing["ways"]:
        for quantity, (unit, factor) in units.items():
            values = growth.values_of(growing, way, quantity)
            exponent = growth.exponent(growing["sizes"], values)
            shown = [f"{value * factor:.3g}" for value in values]
            rows.append([way, unit, *shown, "" if exponent is None else f"{exponent:z.2f}"])
    sizes = [f"{size:,} machines" for size in growing["sizes"]]
    return table("Growth, 20 ms latency", ["Way", "", *sizes, "Exponent"], rows)


def _billed(billed: JSON) -> str:
    rows = [
        [
            name,
            f"{read['seconds']:.2f}",
            f"{read['cpu']:.2f}",
            f"{read['calls']:,.0f}",
        ]
        for name, read in (("First", billed["first"]), ("Again", billed["again"]))
    ]
    title = (
        f"Usage of {billed['servers']:,} instances with {billed['actions']:,} actions, "
        f"{billed['latency'] * 1000:.0f} ms latency"
    )
    return table(title, ["Read", "Time, s", "CPU, s", "Upstream calls"], rows)


def _limited(limited: JSON) -> str:
    rows = [
        [name, f"{cost['median'] * 1000:.2f}", f"{cost['cpu'] * 1000:.2f}"]
        for name, cost in limited.items()
    ]
    title = "A page of 20 from a known list, with rate limits counted in Redis"
    return table(title, ["", "Median, ms", "CPU, ms"], rows)


def table(title: str, head: list[str], rows: list[list[str]]) -> str:
    """A table, as reStructuredText."""
    lines = [f".. list-table:: {title}", "   :header-rows: 1", ""]
    for row in [head, *rows]:
        for number, cell in enumerate(row):
            lines.append(f"   {'*' if number == 0 else ' '} - {cell}".rstrip())
    return "\n".join(lines) + "\n"
