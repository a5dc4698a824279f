"""The lifecycle tables for readers: the public document, a table in plain text, a diagram."""

import itertools
import json
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Literal

from kic_vm.lifecycle.model import InstancePair, K, Row, Table
from kic_vm.lifecycle.table import LifecycleTables

Language = Literal["en", "ko"]

_HEADINGS = ("STATE", "WIRE", "BILLED", "MEANING", "OPENSTACK", "ALLOWED ACTIONS")
_WIDTHS = (22, 22, 6, 36, 40, 36)
_BILLED_STYLE = 'fillcolor="#d5e8d4", color="#5b8c51"'
_UNBILLED_STYLE = 'fillcolor="#ffffff", color="#888888", style="rounded,filled,dashed"'


def as_document(tables: LifecycleTables) -> dict[str, list[dict[str, Any]]]:
    """The public document: what ``GET /api/v1/lifecycle`` answers.

    A task_state of null is "no task"; ``*`` stands for every task state that no row lists for
    this vm_state.
    """
    return {
        "instance_states": [
            _document_row(row, [pair._asdict() for pair in row.openstack])
            for row in tables.instances.rows
        ],
        "volume_states": [
            _document_row(row, [{"status": status} for status in row.openstack])
            for row in tables.volumes.rows
        ],
    }


def as_json(tables: LifecycleTables) -> str:
    """The public document as JSON text."""
    return json.dumps(as_document(tables), indent=2, ensure_ascii=False)


def as_table(tables: LifecycleTables, language: Language = "en") -> str:
    """Both tables as aligned plain text, with the meanings in this language."""
    return "\n".join(
        [
            "Instance states",
            *_table_lines(tables.instances, _pair_lines, language),
            "",
            "Volume states",
            *_table_lines(tables.volumes, lambda statuses: [", ".join(statuses)], language),
        ]
    )


def as_dot(tables: LifecycleTables) -> str:
    """Both tables as one Graphviz state diagram: commands on the edges, billed states filled."""
    return "\n".join(
        [
            "digraph lifecycle {",
            "  rankdir=LR;",
            '  label="Green: billed. Dashed: not billed.";',
            '  node [shape=box, style="rounded,filled", fontname="sans-serif"];',
            '  edge [fontname="sans-serif", fontsize=10];',
            *_dot_cluster("instance", "Instance states", tables.instances),
            *_dot_cluster("volume", "Volume states", tables.volumes),
            "}",
        ]
    )


def _document_row(row: Row[K], openstack: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "state": row.state,
        "wire": row.wire,
        "billable": row.billable,
        "meaning": {"en": row.meaning.en, "ko": row.meaning.ko},
        "openstack": openstack,
        "allowed_actions": list(row.allowed_actions),
    }


def _pair_lines(pairs: Iterable[InstancePair]) -> list[str]:
    """``active, stopped: rebooting, reboot_pending``: vm_states with the same tasks together."""
    tasks: dict[str, list[str]] = defaultdict(list)
    for vm_state, task_state in pairs:
        tasks[vm_state].append("none" if task_state is None else task_state)
    vm_states: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for vm_state, words in tasks.items():
        vm_states[tuple(words)].append(vm_state)
    return [f"{', '.join(vms)}: {', '.join(words)}" for words, vms in vm_states.items()]


def _table_lines(
    table: Table[K], openstack_lines: Callable[[Sequence[K]], list[str]], language: Language
) -> Iterator[str]:
    yield _line(_HEADINGS)
    yield _line(["-" * width for width in _WIDTHS])
    for row in table.rows:
        openstack = openstack_lines(row.openstack)
        for condition in dict.fromkeys(condition for condition, _key in row.openstack_when):
            keys = [key for used, key in row.openstack_when if used == condition]
            openstack += [f"{line} (if {condition})" for line in openstack_lines(keys)]
        cells = (
            [row.state],
            [row.wire],
            ["yes" if row.billable else "no"],
            [row.meaning.ko if language == "ko" else row.meaning.en],
            openstack,
            [", ".join(row.allowed_actions) or "-"],
        )
        columns = [
            [part for text in cell for part in _wrap(text, width)]
            for cell, width in zip(cells, _WIDTHS, strict=True)
        ]
        height = max(len(column) for column in columns)
        for number in range(height):
            yield _line([column[number] if number < len(column) else "" for column in columns])


def _line(cells: Sequence[str]) -> str:
    padded = (
        cell + " " * (width - _columns(cell)) for cell, width in zip(cells, _WIDTHS, strict=True)
    )
    return "  ".join(padded).rstrip()


def _columns(text: str) -> int:
    """How many columns of a terminal the text takes: Hangul takes two a letter."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _wrap(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".lstrip()
        if _columns(longer) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _dot_cluster(kind: str, title: str, table: Table[K]) -> Iterator[str]:
    def node(name: str) -> str:
        return f'"{kind}.{name}"'

    yield f"  subgraph cluster_{kind} {{"
    yield f'    label="{title}";'
    yield f'    {node("nothing")} [shape=point, width=0.2, label=""];'
    yield f'    {node("gone")} [shape=doublecircle, width=0.2, label=""];'
    yield f'    {node("anywhere")} [shape=plaintext, style="", label="any state"];'
    for row in table.rows:
        style = _BILLED_STYLE if row.billable else _UNBILLED_STYLE
        yield f'    {node(row.state)} [label="{row.state}", {style}];'
    for (source, target), names in _edges(table).items():
        words = "\\n".join(names)
        label = f' [label="{words}"]' if names else ""
        yield f"    {node(source)} -> {node(target)}{label};"
    yield "  }"


def _edges(table: Table[K]) -> dict[tuple[str, str], list[str]]:
    """Edge -> the commands and events that begin with it; the steps that follow carry no name."""
    edges: dict[tuple[str, str], list[str]] = {}
    for transition in table.transitions:
        sources = ("anywhere",) if transition.is_from_anywhere else transition.from_states
        targets = transition.ends_in or ("gone",)
        hops = [sources or ("nothing",), *((state,) for state in transition.through), targets]
        for step, (before, after) in enumerate(itertools.pairwise(hops)):
            for edge in itertools.product(before, after):
                names = edges.setdefault(edge, [])
                if step == 0:
                    names.append(transition.name)
    return edges
