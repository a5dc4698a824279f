# SPDX-License-Identifier: Apache-2.0
"""The knobs of devstack/standalone."""

from pathlib import Path

import pytest
from allinone import settings
from allinone.errors import StandaloneError


def load(tmp_path: Path, **environ: str) -> settings.Settings:
    return settings.load({"KIC_VM_STANDALONE_DIR": str(tmp_path), **environ})


def test_offset_moves_every_default_port(tmp_path: Path) -> None:
    """One number makes room for a second deployment."""
    moved = load(tmp_path, KIC_VM_STANDALONE_PORT_OFFSET="1000").ports
    assert moved == {name: port + 1000 for name, (port, _) in settings.PORTS.items()}


def test_environment_wins_over_the_file(tmp_path: Path) -> None:
    """What is said for one command counts more than what is written down."""
    (tmp_path / "standalone.ini").write_text("[ports]\nnova = 1111\nredis = 2222\n")
    ports = load(tmp_path, KIC_VM_STANDALONE_NOVA_PORT="3333").ports
    assert (ports["nova"], ports["redis"]) == (3333, 2222)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[ports]\nnova = x\n", r"\[ports\] nova is not a number: 'x'"),
        ("[ports]\nnovaa = 1\n", r"no option \[ports\] novaa"),
        ("[ports]\nnova = 70000\n", r"port 70000 \(nova\)"),
        ("[ports]\nnova = 15000\n", "given to both keystone and nova"),
        ("[ports]\nnova = 16803\n", "given to both nova and ceph_daemons"),
        ("[storage]\nvolume_gib = 0\n", "volume_gib must be at least 1"),
        ("[nova]\ncells = 3\n", "cells must be between 1 and 2"),
        ("[nova]\ncells = 0\n", "cells must be between 1 and 2"),
        ("nonsense", "cannot be read"),
    ],
)
def test_wrong_file_is_refused_with_a_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    """A wrong line of the file is named."""
    (tmp_path / "standalone.ini").write_text(text)
    with pytest.raises(StandaloneError, match=sentence):
        load(tmp_path)


def test_second_deployment_keeps_away_from_the_first_ones_credentials(tmp_path: Path) -> None:
    """Only the default data directory writes to the repository's .demo."""
    assert load(tmp_path).demo == tmp_path / "demo"
    default = settings.load({})
    assert default.demo == settings.REPOSITORY / ".demo"


def test_cells(tmp_path: Path) -> None:
    """One cell, unless the file, the environment or, above all, the command line says otherwise."""
    assert load(tmp_path).cells == 1
    (tmp_path / "standalone.ini").write_text("[nova]\ncells = 2\n")
    assert load(tmp_path).cells == 2
    assert load(tmp_path, KIC_VM_STANDALONE_CELLS="1").cells == 1
    environ = {"KIC_VM_STANDALONE_DIR": str(tmp_path), "KIC_VM_STANDALONE_CELLS": "1"}
    assert settings.load(environ, cells=2).cells == 2
