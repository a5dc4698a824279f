# SPDX-License-Identifier: Apache-2.0
"""The lifecycle tables as the public document, and as a plain text table."""

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from kic_vm.lifecycle.model import InstancePair, K, Language, Limit, Row, Table
from kic_vm.lifecycle.table import LifecycleTables

_HEADINGS = ("STATE", "WIRE", "BILLED", "MEANING", "OPENSTACK", "ALLOWED ACTIONS")
_WIDTHS = (22, 22, 6, 36, 40, 36)


def as_document(tables: LifecycleTables) -> dict[str, list[dict[str, Any]]]:
    """The public document: the response to ``GET /api/v1/lifecycle``.

    A null task_state means no task; ``*`` means every task state that no row lists for this
    vm_state. Each of a row's ``limits`` allows only some of its ``allowed_actions``: while
    OpenStack shows one of the limit's ``openstack`` keys, or, if it has none, when its reason
    applies.
    """
    return {
        "instance_states": [
            _document_row(row, lambda pair: pair._asdict()) for row in tables.instances.rows
        ],
        "volume_states": [
            _document_row(row, lambda status: {"status": status}) for row in tables.volumes.rows
        ],
    }


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


def _document_row(row: Row[K], key_document: Callable[[K], dict[str, Any]]) -> dict[str, Any]:
    return {
        "state": row.state,
        "wire": row.wire,
        "billable": row.billable,
        "meaning": {"en": row.meaning.en, "ko": row.meaning.ko},
        "openstack": [key_document(key) for key in row.openstack],
        "allowed_actions": list(row.allowed_actions),
        "limits": [
            {
                "name": limit.name,
                "reason": {"en": limit.reason.en, "ko": limit.reason.ko},
                "openstack": [key_document(key) for key in keys],
                "allowed_actions": list(row.limited_by(limit).allowed_actions),
            }
            for limit, keys in _limits(row)
        ],
    }


def _limits(row: Row[K]) -> list[tuple[Limit, list[K]]]:
    """The limits of a row, each with the OpenStack keys for which it applies."""
    limits: dict[str, tuple[Limit, list[K]]] = {}
    for key, limit in row.openstack_limits:
        limits.setdefault(limit.name, (limit, []))[1].append(key)
    return [*limits.values(), *((limit, []) for limit in row.limited_when)]


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
            [row.meaning.of(language)],
            openstack,
            [", ".join(row.allowed_actions) or "-", *_limit_lines(row)],
        )
        columns = [
            [part for text in cell for part in _wrap(text, width)]
            for cell, width in zip(cells, _WIDTHS, strict=True)
        ]
        height = max(len(column) for column in columns)
        for number in range(height):
            yield _line([column[number] if number < len(column) else "" for column in columns])


def _limit_lines(row: Row[Any]) -> list[str]:
    return [
        f"{limit.name}: {', '.join(row.limited_by(limit).allowed_actions) or '-'}"
        for limit, _keys in _limits(row)
    ]


def _line(cells: Sequence[str]) -> str:
    padded = (
        cell + " " * (width - _columns(cell)) for cell, width in zip(cells, _WIDTHS, strict=True)
    )
    return "  ".join(padded).rstrip()


def _columns(text: str) -> int:
    """The width of the text in terminal columns: a Hangul letter takes two."""
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
