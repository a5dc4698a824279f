# SPDX-License-Identifier: Apache-2.0
"""The lifecycle tables as Graphviz state diagrams."""

import html
import itertools
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any, Final

from kic_vm.lifecycle.model import Language, Row, Table
from kic_vm.lifecycle.table import LifecycleTables

KINDS: Final = ("instance", "volume")

_BILLED_STYLE: Final = 'fillcolor="#d5e8d4", color="#5b8c51"'
_UNBILLED_STYLE: Final = 'fillcolor="#ffffff", color="#888888", style="rounded,filled,dashed"'
_FONTS: Final = "Noto Sans KR, Noto Sans CJK KR, NanumGothic, Malgun Gothic, sans-serif"
_WORDS: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "legend": "Green: billed. Dashed: not billed.",
        "instance": "Instance states",
        "volume": "Volume states",
        "anywhere": "any state",
    },
    "ko": {
        "legend": "초록색: 과금됨. 점선: 과금되지 않음.",
        "instance": "인스턴스 상태",
        "volume": "볼륨 상태",
        "anywhere": "모든 상태",
    },
}
_LINE: Final[dict[Language, int]] = {"en": 26, "ko": 17}  # letters of a meaning in one line


def as_dot(tables: LifecycleTables, language: Language = "en", kinds: Sequence[str] = KINDS) -> str:
    """A state diagram: commands on the edges, meanings in the states, billed states filled.

    :param language: for all texts except the names of states and commands
    :param kinds: ``instance``, ``volume``, or both in one diagram
    """
    words = _WORDS[language]
    clusters = [
        line
        for kind in kinds
        for line in _cluster(
            kind, tables.instances if kind == "instance" else tables.volumes, language
        )
    ]
    return "\n".join(
        [
            "digraph lifecycle {",
            "  nodesep=0.35;",
            f'  label="{words["legend"]}";',
            f'  fontname="{_FONTS}";',
            f'  node [shape=box, style="rounded,filled", fontname="{_FONTS}", fontsize=13];',
            f'  edge [fontname="{_FONTS}", fontsize=11, color="#555555"];',
            *clusters,
            "}",
        ]
    )


def _cluster(kind: str, table: Table[Any], language: Language) -> Iterator[str]:
    def node(name: str) -> str:
        return f'"{kind}.{name}"'

    words = _WORDS[language]
    yield f"  subgraph cluster_{kind} {{"
    yield f'    label="{words[kind]}"; color="#cccccc";'
    yield f'    {node("nothing")} [shape=point, width=0.2, label=""];'
    yield f'    {node("gone")} [shape=doublecircle, width=0.2, label=""];'
    yield f'    {node("anywhere")} [shape=plaintext, style="", label="{words["anywhere"]}"];'
    for row in table.rows:
        style = _BILLED_STYLE if row.billable else _UNBILLED_STYLE
        yield f"    {node(row.state)} [label={_label(row, language)}, {style}];"
    for (source, target), names in _edges(table).items():
        lines = "\\n".join(names)
        label = f' [label="{lines}"]' if names else ""
        yield f"    {node(source)} -> {node(target)}{label};"
    yield "  }"


def _label(row: Row[Any], language: Language) -> str:
    meaning = "<br/>".join(
        html.escape(line, quote=False)
        for line in textwrap.wrap(
            row.meaning.of(language),
            _LINE[language],
            break_long_words=False,
            break_on_hyphens=False,
        )
    )
    return f'<<b>{row.state}</b><br/><font point-size="10">{meaning}</font>>'


def _edges(table: Table[Any]) -> dict[tuple[str, str], list[str]]:
    """Edge -> the commands and events that start with it; later steps have no name."""
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
