# SPDX-License-Identifier: Apache-2.0
"""kic-vm-manage config show: every option, where it comes from, and no secret."""

import json
import sys
from pathlib import Path

import pytest

from kic_vm.cmd import manage
from kic_vm.conf import known_options
from tests.unit.personas import SECRET

GENERATOR = Path(__file__).parents[3] / "etc/kic-vm/config-generator.conf"


@pytest.fixture
def shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], config_file: Path
) -> dict[tuple[str, str], tuple[str | None, str]]:
    """Value and source by group and option."""
    arguments = ["--config-file", str(config_file), "--format", "json"]
    monkeypatch.setattr(sys, "argv", ["kic-vm-manage", "config", "show", *arguments])
    monkeypatch.setenv("OS_RESIZE__CONFIRMATION", "manual")
    assert manage.main() == 0
    text = capsys.readouterr().out
    assert SECRET not in text
    return {
        (one["group"], one["option"]): (one["value"], one["source"]) for one in json.loads(text)
    }


def test_sources(shown: dict[tuple[str, str], tuple[str | None, str]], config_file: Path) -> None:
    """Each value has the place that it comes from."""
    file = f"file {config_file}"
    assert shown["service_user", "username"] == ("kic-vm", file)
    assert shown["keystone_authtoken", "auth_url"] == ("http://keystone.test/v3", file)
    assert shown["resize", "confirmation"] == ("manual", "environment OS_RESIZE__CONFIRMATION")
    assert shown["service_user", "timeout"] == ("60.0", "default")
    assert shown["keystone_authtoken", "token_cache_time"] == ("30", "default")
    assert shown["availability_zones", "zones"] == ("kr-central-2-a:nova", "default")
    assert shown["oslo_policy", "policy_file"] == ("policy.yaml", "default")


def test_secrets(shown: dict[tuple[str, str], tuple[str | None, str]]) -> None:
    """A secret shows that it is set, and no more; one that is not set shows that."""
    assert shown["service_user", "password"][0] == "****"
    assert shown["keystone_authtoken", "password"][0] == "****"
    assert shown["redis", "url"] == (None, "default")


def test_changed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], config_file: Path
) -> None:
    """Only what the file says, and for people."""
    arguments = ["config", "show", "--changed", "--config-file", str(config_file)]
    monkeypatch.setattr(sys, "argv", ["kic-vm-manage", *arguments])
    assert manage.main() == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("[")] == [
        "[keystone_authtoken]",
        "[service_user]",
    ]
    assert any(line.startswith("username = kic-vm ") for line in lines)
    assert not any("# default" in line for line in lines)


def test_namespaces() -> None:
    """It shows what the sample has."""
    lines = [line.partition(" = ") for line in GENERATOR.read_text().splitlines()]
    listed = tuple(value for name, _equals, value in lines if name == "namespace")
    assert listed == known_options.NAMESPACES


def test_wrong_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """What is wrong is said on standard error."""
    path = tmp_path / "kic-vm.conf"
    path.write_text("[api]\nport = many\n")
    monkeypatch.setattr(
        sys, "argv", ["kic-vm-manage", "config", "show", "--config-file", str(path)]
    )
    assert manage.main() == 2
    assert "[api] port" in capsys.readouterr().err
