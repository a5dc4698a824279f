# SPDX-License-Identifier: Apache-2.0
"""The tables for readers: the public document, plain text, and the command."""

import argparse
import json
import re

import pytest

from kic_vm.cmd import manage_lifecycle
from kic_vm.lifecycle import render
from kic_vm.lifecycle.model import Language
from kic_vm.lifecycle.table import LifecycleTables

ROW_KEYS = {"state", "wire", "billable", "meaning", "openstack", "allowed_actions", "limits"}


def test_the_document_has_the_published_shape(tables: LifecycleTables) -> None:
    """Every row has the published keys with the published types, and nothing is left out."""
    document = json.loads(json.dumps(render.as_document(tables)))
    assert set(document) == {"instance_states", "volume_states"}
    assert [len(rows) for rows in document.values()] == [26, 11]
    for row in document["instance_states"] + document["volume_states"]:
        assert set(row) == ROW_KEYS
        assert isinstance(row["billable"], bool)
        assert set(row["meaning"]) == {"en", "ko"}
        assert isinstance(row["allowed_actions"], list)
    for row in document["instance_states"]:
        assert all(set(pair) == {"vm_state", "task_state"} for pair in row["openstack"])
    for row in document["volume_states"]:
        assert all(set(pair) == {"status"} for pair in row["openstack"])


def test_the_document_has_the_limits(tables: LifecycleTables) -> None:
    """Each with its reason, where it applies, and the commands that it leaves."""
    document = render.as_document(tables)
    for row in document["instance_states"] + document["volume_states"]:
        for limit in row["limits"]:
            assert set(limit) == {"name", "reason", "openstack", "allowed_actions"}
            assert limit["reason"]["en"].endswith(".")
            assert limit["reason"]["ko"].endswith("다.")
            assert set(limit["allowed_actions"]) < set(row["allowed_actions"])
            assert all(entry in row["openstack"] for entry in limit["openstack"])
    (stopped,) = (row for row in document["instance_states"] if row["state"] == "Stopped")
    limits = {limit["name"]: limit for limit in stopped["limits"]}
    assert limits.keys() == {"busy", "paused", "suspended", "never_launched", "interfaces_full"}
    assert limits["paused"]["openstack"] == [{"vm_state": "paused", "task_state": None}]
    assert limits["never_launched"]["openstack"] == []


def test_the_document_answers_each_pair_once(tables: LifecycleTables) -> None:
    """No pair is published for two states; null is no task, "*" any task not listed."""
    rows = render.as_document(tables)["instance_states"]
    pairs = [(pair["vm_state"], pair["task_state"]) for row in rows for pair in row["openstack"]]
    assert len(pairs) == len(set(pairs))
    assert ("active", None) in pairs
    assert ("active", "*") in pairs


def test_the_text_table_has_the_limits(tables: LifecycleTables) -> None:
    """Below the commands of the state stand those that a limit leaves."""
    text = render.as_table(tables)
    assert "suspended: start, hard-reboot," in text
    assert "never_launched: delete" in text
    assert "maintenance: -" in text


def test_the_meanings_are_korean_where_they_say_so(tables: LifecycleTables) -> None:
    """Every Korean meaning is in Hangul and ends as a polite sentence."""
    instances = [row.meaning for row in tables.instances.rows]
    volumes = [row.meaning for row in tables.volumes.rows]
    for meaning in instances + volumes:
        assert re.search("[가-힣]", meaning.ko)
        assert meaning.ko.endswith("다.")


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_columns_of_the_table_are_aligned(tables: LifecycleTables, language: Language) -> None:
    """Every BILLED cell stands in one column of the terminal, Hangul counted twice as wide."""
    lines = render.as_table(tables, language).splitlines()
    start = lines[1].index("BILLED")
    openstack = lines[1].index("OPENSTACK")
    firsts = [line for line in lines if line[start : start + 3].strip() in {"yes", "no"}]
    assert len(firsts) == 26 + 11
    for line in firsts:
        prefix, columns = "", 0
        for char in line:
            if columns >= openstack - 2:
                break
            prefix += char
            columns += 2 if "가" <= char <= "힣" else 1
        assert columns == openstack - 2
        assert line[len(prefix) : len(prefix) + 2] == "  "


@pytest.mark.parametrize(
    ("arguments", "beginning"),
    [
        ([], "Instance states"),
        (["--format", "table", "--language", "ko"], "Instance states"),
        (["--format", "json"], "{"),
        (["--format", "dot"], "digraph"),
        (["--format", "dot", "--language", "ko"], "digraph"),
    ],
)
def test_the_command_prints_each_format(
    capsys: pytest.CaptureFixture[str], arguments: list[str], beginning: str
) -> None:
    """``lifecycle --format ...`` prints to standard output and ends well, without configuration."""
    parser = argparse.ArgumentParser()
    manage_lifecycle.add_parser(parser.add_subparsers())
    args = parser.parse_args(["lifecycle", *arguments])
    assert manage_lifecycle.run(args) == 0
    assert capsys.readouterr().out.startswith(beginning)
