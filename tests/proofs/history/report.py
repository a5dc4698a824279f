# SPDX-License-Identifier: Apache-2.0
"""The figures of a run as a page of the documentation."""

import collections
from typing import Final

from bench.report import table
from tests.proofs.history.comparison import AIMS, Edge
from tests.proofs.history.result import Reading, Result, error_row

_SHOWN: Final = 10


def page(result: Result) -> str:
    """The tables of a run, as reStructuredText."""
    options = result.options
    head = (
        f"{options.instances} instances at a time for {options.minutes:g} minutes, seed "
        f"{options.seed}: {result.instances} instances, {sum(result.commands.values())} accepted "
        f"commands, {result.notifications:,} notifications. {options.followers} followers, of "
        f"which one was killed {options.follower_kills} times; a nova-compute was killed "
        f"{options.compute_kills} times. About {options.pause:g} s passed between two commands on "
        f"an instance, and the mean load of the machine was {result.load:.1f}. Errors are against "
        "the times of Nova's notifications; for the aim, these are cut to whole seconds, as the "
        "times in Nova's record are.\n"
    )
    commands = [[name, str(count)] for name, count in sorted(result.commands.items())]
    parts = [head, table("Accepted commands", ["Command", "Times"], commands)]
    for reading in result.readings:
        parts += _of_reading(reading)
    if result.unconfirmed:
        parts.append(_list("The recorder has not seen the last change of:", result.unconfirmed))
    return "\n".join(parts)


def _of_reading(reading: Reading) -> list[str]:
    total = reading.total
    rows = [
        ["Billed, by Nova's notifications", f"{total('true_billed'):,.0f} s"],
        ["Billed, by the ledger", f"{total('billed'):,.0f} s"],
        ["Not billed, by the ledger", f"{total('unbilled'):,.0f} s"],
        ["Unknown", f"{total('unknown'):,.0f} s"],
        ["Billed or not, against the notifications", f"{total('wrong'):,.1f} s"],
        ["In no period, or in two", f"{total('unaccounted'):,.0f} s"],
        ["Edges that the ledger does not have", str(reading.count("missed"))],
        ["Edges that Nova's record does not have either", str(reading.count("unrecorded"))],
        ["Edges that only the ledger has", str(reading.count("invented"))],
        ["Edges that cannot be compared", f"{total('uncompared'):.0f}"],
        ["Instances whose usage is not the sum of their periods", str(len(reading.sums_differ))],
        ["Periods with the evidence ``action`` that have changed", str(len(reading.changed))],
    ]
    return [
        table(f"{reading.name}: seconds of all instances", ["What", "Seen"], rows),
        table(
            f"{reading.name}: edges",
            ["Edge", "Evidence", "Count", "Median error", "Worst error", "Aim", "Beyond it"],
            _edge_rows(reading.edges),
        ),
        table(
            f"{reading.name}: unknown periods",
            ["Reason", "Periods", "Seconds"],
            _unknown_rows(reading),
        ),
    ]


def _edge_rows(edges: list[Edge]) -> list[list[str]]:
    groups: dict[tuple[str, str], list[Edge]] = {}
    for edge in edges:
        groups.setdefault((edge.name, str(edge.evidence)), []).append(edge)
    rows = []
    for (name, evidence), members in sorted(groups.items()):
        count, median, worst = error_row(members)
        late = str(sum(edge.is_late for edge in members))
        aim = f"{AIMS[evidence]} s"
        rows.append([name, f"``{evidence}``", str(count), f"{median} s", f"{worst} s", aim, late])
    return rows or [["None", "", "", "", "", "", ""]]


def _unknown_rows(reading: Reading) -> list[list[str]]:
    periods: collections.Counter[str] = collections.Counter()
    seconds: collections.Counter[str] = collections.Counter()
    for comparison in reading.comparisons:
        for unknown in comparison.unknowns:
            periods[unknown.reason] += 1
            seconds[unknown.reason] += int(unknown.seconds)
    return [
        [reason, str(count), str(seconds[reason])] for reason, count in sorted(periods.items())
    ] or [["None", "0", "0"]]


def _list(title: str, items: list[str]) -> str:
    lines = [f"* {item}" for item in items[:_SHOWN]]
    return "\n".join([title, "", *lines, ""])
