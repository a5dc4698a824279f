# SPDX-License-Identifier: Apache-2.0
"""What becomes of figures: tables, a plot, and targets that are reached or missed."""

from typing import Any
from xml.etree import ElementTree as ET

import pytest

from bench import growth, growth_plot, plot, report, targets

JSON = dict[str, Any]

GET = {
    "kic-vm": 0.030,
    "only compute: servers": 0.028,
    "raw calls side by side": 0.029,
    "raw calls one by one": 0.09,
}
LIST = {
    "kic-vm": 0.2,
    "raw calls side by side": 0.1,
    "raw calls one by one": 0.3,
    "openstacksdk, servers alone": 4.0,
}
KNOWN = {"kic-vm": 0.003, "raw list of servers alone": 0.1}
PAGE = {"kic-vm": 0.05, "kic-vm, the whole list": 0.2}


def timed(medians: dict[str, float]) -> JSON:
    return {name: {"median": one, "least": one, "times": 3} for name, one in medians.items()}


def run(servers: int, **more: Any) -> JSON:
    cases = {
        "get": timed(GET),
        "list": timed(LIST),
        "known list": timed(KNOWN),
        "page of 20": timed(PAGE),
    }
    return {"servers": servers, "cases": cases, **more}


def load(errors: int) -> JSON:
    return {"clients": 32, "errors": errors, "per_second": 100.0, "median": 0.2, "p99": 0.9}


WAYS = {
    name: {"median": 0.003, "cpu": 0.0014, "calls": 0.0}
    for name in ("page of 100, known, 304", "page of 20, known")
}
AGED: JSON = {
    "projects": [{"servers": servers, "ways": WAYS} for servers in (1000, 10_000)],
    "consoles": {**load(0), "clients": 100, "cpu_share": 0.3, "calls_per_pause": 3.9},
}
CROWDED: JSON = {
    "servers": 1000,
    "clients": {
        **load(0),
        "clients": 1000,
        "projects": 50,
        "cpu_share": 1.2,
        "calls_per_pause": 201.0,
    },
    "memory": {
        limit: [
            {"projects": projects, "resident": resident * 2**20, "redis": (1 + projects) * 2**20}
            for projects, resident in zip((0, 150, 200), (100, *full), strict=True)
        ]
        for limit, full in (("256", (300, 303)), ("1024", (600, 1100)))
    },
}
GROWING: JSON = {
    "sizes": [100, 1000, 10_000],
    "ways": {
        way.name: [
            {
                "calls": 0 if way.headers else 4,
                "seconds": 0.001 * size**0.5,
                "cpu": 0.0001 * size,
                "memory": 2**20 * size,
            }
            for size in (100, 1000, 10_000)
        ]
        for way in growth.WAYS
    },
}
RESULTS: JSON = {
    "machine": {
        "processor": "A <fast> & good one",
        "cores": 2,
        "memory_gib": 24,
        "python": "3.11.7",
        "commit": "0123456789ab",
        "is_changed": False,
        "busy": 0.4,
        "loops": [0.046, 0.05],
    },
    "live": run(50),
    "replayed": [run(1000, latency=0.02, cpu={"get": 0.005, "list": 0.06})],
    "loaded": {"32 threads, 32 clients": load(0), "32 threads, 200 clients": load(1)},
    "aged": AGED,
    "crowded": CROWDED,
    "growing": GROWING,
    "billed": {
        "servers": 1000,
        "latency": 0.02,
        "actions": 61_000,
        "first": {"seconds": 6.0, "cpu": 4.0, "calls": 1003.0},
        "again": {"seconds": 1.2, "cpu": 1.1, "calls": 2.0},
    },
    "limited": {
        "no limit": {"median": 0.002, "cpu": 0.0018},
        "one limit": {"median": 0.0025, "cpu": 0.0023},
        "three limits": {"median": 0.0035, "cpu": 0.003},
    },
    "lasting": {
        "first_answer": 1.2,
        "resident": [100 * 2**20] * 10,
        "requests": 10_000,
        "errors": 0,
        "cpu": 0.003,
    },
}


def test_targets() -> None:
    """Each is reached or missed by its own figures."""
    met = {
        target.what: (round(target.measured, 3), target.is_met) for target in targets.of(RESULTS)
    }
    assert met == {
        "get, against its calls side by side": (1.034, True),
        "list of 50 known, against the list of the real Nova": (0.03, False),
        "list of 1,000 known, against the list of the recorded Nova": (0.03, False),
        "list of 50, against its calls side by side": (2.0, False),
        "list of 1,000, against its calls side by side": (2.0, False),
        "list of 1,000, against openstacksdk's servers alone": (0.05, True),
        "page of 20 of 1,000, against the list of 1,000": (0.25, True),
        "own CPU of a get now and then": (5.0, False),
        "own CPU of a get among many": (3.0, True),
        "own CPU of a listed instance": (0.06, True),
        "usage of 1,000 instances, read first": (6.0, True),
        "usage of 1,000 instances, read again": (1.2, False),
        "one rate limit, in addition": (0.5, False),
        "32 clients of one process, against its calls one by one": (9.0, True),
        "errors under 200 clients": (1, False),
        "100 polling clients, upstream calls in 2 s": (3.9, True),
        "100 polling clients, median": (200.0, False),
        "100 polling clients, p99": (900.0, False),
        "100 polling clients, CPU": (30.0, True),
        "304 from a known list, CPU": (1.4, True),
        "page of 20 of 10,000, known, CPU": (1.4, True),
        "page of 20 of 10,000, known": (3.0, True),
        "1,000 polling clients of 50 projects, errors": (0, True),
        "1,000 polling clients of 50 projects, p99": (900.0, False),
        "memory with lists of 200 projects, limit of 256 MiB, against 150 projects": (1.01, True),
        "memory after 10,000 requests": (100.0, True),
        "growth over the second half of 10,000 requests": (1.0, True),
        "start to first answer": (1.2, True),
    }


def test_parts() -> None:
    """A run of some parts has the targets of those."""
    some = {"machine": RESULTS["machine"], "lasting": RESULTS["lasting"]}
    assert len(targets.of(some)) == 4
    assert "list-table:: Targets" in report.page(some)


def test_page() -> None:
    """Every row of a table has as many cells as its head."""
    for table in report.page(RESULTS).split(".. list-table:: ")[1:]:
        _title, _option, _blank, *lines = table.rstrip().splitlines()
        rows = "\n".join(lines).split("   * -")[1:]
        assert len({row.count("\n     -") for row in rows}) == 1
        assert len(rows) > 1


def test_skyline() -> None:
    """The page shows the version of skyline-apiserver and the calls of each request."""
    calls = {
        "list": {
            "kic-vm": {"compute": 1, "network": 2},
            "skyline-apiserver": {"identity": 3, "compute": 1},
        }
    }
    compared = run(50, latency=0.02, calls=calls, skyline={"version": "9.0.0"})
    page = report.page({"machine": RESULTS["machine"], "replayed": [compared]})
    assert "skyline-apiserver 9.0.0 ran with one worker process." in page
    table = page.partition("Upstream calls of one request, 50 machines")[2]
    cells = [line.strip(" *-") for line in table.splitlines()[3:]]
    assert cells == [
        *("Case", "Way", "compute", "identity", "network", "All"),
        *("list", "kic-vm", "1", "0", "2", "3"),
        *("list", "skyline-apiserver", "1", "3", "0", "4"),
    ]


def test_without_skyline() -> None:
    """The page shows why skyline-apiserver was not measured, as literal text in one line."""
    reason = "cannot be installed:\nno `index`"
    compared = run(50, skyline={"missing": reason})
    page = report.page({"machine": RESULTS["machine"], "live": compared})
    shown = "skyline-apiserver was not measured: ``cannot be installed: no 'index'``"
    assert shown in page


def test_plot() -> None:
    """A bar for each way but the single calls, longer for what takes longer."""
    svg = ET.fromstring(plot.drawn(RESULTS))  # noqa: S314 - our own
    bars = [
        float(one.get("width", 0))
        for one in svg.iter("{http://www.w3.org/2000/svg}rect")
        if one.get("height") == "15"
    ]
    assert len(bars) == 2 * (3 + 4 + 2 + 2)
    assert bars[0] < bars[2] < bars[6]


def test_exponent() -> None:
    """The exponent of a power is that of the power, and there is none without positive values."""
    sizes = [100, 1000, 10_000]
    assert growth.exponent(sizes, [3 * size**0.5 for size in sizes]) == pytest.approx(0.5)
    assert growth.exponent(sizes, [4, 4, 4]) == pytest.approx(0)
    assert growth.exponent(sizes, [0, 0, 1]) is None


def test_growth_plot() -> None:
    """A panel for each quantity: a line for each way with positive values, and its exponent."""
    svg = ET.fromstring(growth_plot.drawn(GROWING))  # noqa: S314 - our own
    lines = list(svg.iter("{http://www.w3.org/2000/svg}polyline"))
    assert len(lines) == 2 + 3 * 4
    words = [text.text for text in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert words.count("list, fresh: n^0.50") == 1
    assert words.count("list, fresh: n^1.00") == 2
    assert words.count("list, known: none") == 1


def test_whole_list() -> None:
    """A whole list is read in pages of the maximum size, a page with one request."""
    fresh, _known, page, _known_page = growth.WAYS
    assert fresh.paths(100) == ["/api/v1/instances?limit=1000&offset=0"]
    assert len(fresh.paths(10_000)) == 10
    assert page.paths(10_000) == ["/api/v1/instances?limit=20"]
