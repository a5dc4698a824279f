# SPDX-License-Identifier: Apache-2.0
"""The state diagrams, and the pictures of them in the documentation."""

import html
import re

import pytest

from doc import lifecycle_pictures
from kic_vm.lifecycle import diagram
from kic_vm.lifecycle.model import Language
from kic_vm.lifecycle.table import LifecycleTables


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_diagram_is_made_of_the_rows_and_the_commands(
    tables: LifecycleTables, language: Language
) -> None:
    """Every state is a node, billed ones filled; every edge ends at declared nodes."""
    dot = diagram.as_dot(tables, language)
    assert dot.startswith("digraph lifecycle {")
    assert dot.count("{") == dot.count("}")
    assert dot.count('"') % 2 == 0
    nodes = dict(re.findall(r'^    ("[^"]+") \[(.*)\];$', dot, re.MULTILINE))
    edges = re.findall(r'^    ("[^"]+") -> ("[^"]+")( \[label="[^"]+"\])?;$', dot, re.MULTILINE)
    assert len(edges) == dot.count("->")
    assert {end for edge in edges for end in edge[:2]} == set(nodes)
    for kind, table in (("instance", tables.instances), ("volume", tables.volumes)):
        for row in table.rows:
            node = nodes[f'"{kind}.{row.state}"']
            assert ("d5e8d4" in node) is row.billable
            assert _meaning(node) == row.meaning.of(language)
    assert ('"instance.Active"', '"instance.Powering-off"', ' [label="stop"]') in edges
    assert ('"instance.Powering-off"', '"instance.Stopped"', "") in edges


def _meaning(node: str) -> str:
    lines = re.search(r'<font point-size="10">(.*)</font>', node)
    assert lines
    return lines.group(1).replace("<br/>", " ")


def test_the_pictures_show_the_tables_of_today() -> None:
    """The kept pictures were drawn from today's tables."""
    stale = [
        path.name
        for path, dot in lifecycle_pictures.pictures()
        if lifecycle_pictures.mark(dot) not in path.read_text()
    ]
    assert not stale, f"outdated: {stale}; run: make generate"


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_pictures_are_coloured_by_billing(tables: LifecycleTables, language: Language) -> None:
    """What a reader sees filled is billed, in the drawn file as in the table."""
    for kind, table in (("instance", tables.instances), ("volume", tables.volumes)):
        text = (lifecycle_pictures.DIRECTORY / f"lifecycle-{kind}-{language}.svg").read_text()
        fills = {
            html.unescape(state): colour
            for state, colour in re.findall(
                rf'<title>{kind}\.([^<]+)</title>\n<path fill="(#\w+)"', text
            )
        }
        assert fills.keys() == {row.state for row in table.rows}
        for row in table.rows:
            assert (fills[row.state] == "#d5e8d4") is row.billable, row.state
