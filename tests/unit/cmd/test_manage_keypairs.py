# SPDX-License-Identifier: Apache-2.0
"""kic-vm-manage keypairs reindex: what it prints, and what it says where it cannot."""

import logging
import sys
from pathlib import Path

import pytest

from kic_vm.cmd import manage
from kic_vm.mappings import keypairs as mapping
from tests.unit.cloud import Cloud
from tests.unit.nova_keypairs import NovaKeypairs
from tests.unit.personas import OTHER_PROJECT, PROJECT, USER

COLLEAGUE = "1" * 32


@pytest.fixture
def nova(populated: Cloud) -> NovaKeypairs:
    """Two projects with keypairs, one of them with copies."""
    nova = NovaKeypairs(populated)
    nova.add("4" * 32, mapping.nova_name(OTHER_PROJECT, "elsewhere"))
    good = mapping.copy_name(PROJECT, USER, "recorded")
    nova.add(
        COLLEAGUE, good, nova.owned[USER, mapping.nova_name(PROJECT, "recorded")]["public_key"]
    )
    nova.owned[COLLEAGUE, good]["fingerprint"] = nova.owned[
        USER, mapping.nova_name(PROJECT, "recorded")
    ]["fingerprint"]
    nova.add(COLLEAGUE, mapping.copy_name(PROJECT, USER, "gone"))
    return nova


def reindex(monkeypatch: pytest.MonkeyPatch, config_file: Path, *more: str) -> int:
    arguments = ["kic-vm-manage", "keypairs", "reindex", "--config-file", str(config_file), *more]
    monkeypatch.setattr(sys, "argv", arguments)
    root = logging.getLogger()  # the command sets up logging for its whole process
    monkeypatch.setattr(root, "handlers", list(root.handlers))
    return manage.main()


def test_all_projects(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    config_file: Path,
    nova: NovaKeypairs,
) -> None:
    """A line for each project that has keypairs; copies of what is gone are removed."""
    assert reindex(monkeypatch, config_file) == 0
    assert set(capsys.readouterr().out.splitlines()) == {
        f"{PROJECT}: 1 keypairs of 1 users, 1 copies in use, 1 out of date",
        f"{OTHER_PROJECT}: 1 keypairs of 1 users, 0 copies in use, 0 out of date",
        "2 projects have keypairs.",
    }
    assert nova.names(COLLEAGUE) == [mapping.copy_name(PROJECT, USER, "recorded")]


def test_one_project(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    config_file: Path,
    nova: NovaKeypairs,
    populated: Cloud,
) -> None:
    """Only that project and its users are looked at."""
    assert reindex(monkeypatch, config_file, "--project", OTHER_PROJECT) == 0
    assert capsys.readouterr().out.startswith(f"{OTHER_PROJECT}: ")
    asked = populated.sent("keystone", "GET")[0]
    assert asked.qs["scope.project.id"] == [OTHER_PROJECT]
    assert not [call for call in populated.calls() if USER in call]


def test_not_allowed(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    config_file: Path,
    nova: NovaKeypairs,
    populated: Cloud,
) -> None:
    """It says that the gateway's user lacks a role, and ends with 1."""
    populated.answer("GET", "keystone", "/role_assignments", status=403)
    assert reindex(monkeypatch, config_file) == 1
    assert "The gateway's user" in capsys.readouterr().err
