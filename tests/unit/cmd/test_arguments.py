# SPDX-License-Identifier: Apache-2.0
"""The arguments that every command takes, and those that no command takes."""

import csv
import io
import json
import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from kic_vm.cmd import api, manage, status, worker
from kic_vm.version import version
from tests.unit.cloud import Cloud

Run = Callable[..., tuple[int, str, str]]
COMMANDS = {
    "kic-vm-api": api.main,
    "kic-vm-manage": manage.main,
    "kic-vm-status": status.main,
    "kic-vm-worker": worker.main,
}


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """The exit status of a command, and what it prints."""

    def run(command: str, *arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", [command, *map(str, arguments)])
        root = logging.getLogger()
        monkeypatch.setattr(root, "handlers", list(root.handlers))
        try:
            code = COMMANDS[command]()
        except SystemExit as error:
            code = int(error.code or 0)
        return code, *capfd.readouterr()

    return run


@pytest.mark.parametrize("command", COMMANDS)
def test_version(run: Run, command: str) -> None:
    """Each command shows the version, and nothing else."""
    assert run(command, "--version") == (0, f"{version()}\n", "")


@pytest.mark.parametrize(
    "arguments",
    [
        ["kic-vm-api", "serve"],
        ["kic-vm-worker", "work"],
        ["kic-vm-worker", "--onec"],
        ["kic-vm-worker", "--onc"],
        ["kic-vm-worker", "--once", "--debu"],
        ["kic-vm-api", "--debu"],
        ["kic-vm-api", "--log-fil", "kic-vm.log"],
        ["kic-vm-status", "upgrade", "check", "--js"],
        ["kic-vm-manage", "lifecycle", "--form", "json"],
        ["kic-vm-manage", "config", "show", "--chang"],
        ["kic-vm-manage", "usage", "--form", "json"],
        ["kic-vm-status", "upgrade", "checks"],
        ["kic-vm-status", "upgrad", "check"],
        ["kic-vm-status", "upgrade"],
        ["kic-vm-status"],
        ["kic-vm-manage"],
        ["kic-vm-manage", "flavor", "check"],
        ["kic-vm-manage", "flavors", "checks"],
        ["kic-vm-manage", "flavors"],
        ["kic-vm-manage", "lifecycle", "--format", "xml"],
        ["kic-vm-manage", "--config-file"],
    ],
    ids=" ".join,
)
def test_wrong_arguments(run: Run, config_file: Path, arguments: list[str]) -> None:
    """They are refused with the usage of the command, before anything is done."""
    more = [] if arguments[-1].startswith("--config") else ["--config-file", config_file]
    code, out, err = run(*arguments, *more)
    assert (code, out) == (2, "")
    assert f"{arguments[0]}" in err
    assert "error: " in err
    assert "Traceback" not in err


@pytest.mark.parametrize("command", COMMANDS)
def test_help(run: Run, command: str) -> None:
    """The help of each command has the options that every command takes."""
    code, out, err = run(command, "--help")
    assert (code, err) == (0, "")
    for option in ("--version", "--config-file", "--config-dir", "--help"):
        assert option in out
    assert ("--once" in out) == (command == "kic-vm-worker")


@pytest.mark.parametrize(
    "arguments", [["--once"], ["--once", "--debug"], ["--debug", "--once", "--log-file", "@"]]
)
def test_options_of_worker(
    run: Run, config_file: Path, quiet: Cloud, tmp_path: Path, arguments: list[str]
) -> None:
    """The worker also takes the options of the log."""
    words = [word.replace("@", str(tmp_path / "worker.log")) for word in arguments]
    code, out, err = run("kic-vm-worker", *words, "--config-file", config_file)
    assert code == 0
    assert ("--log-file" in arguments) == (out + err == "") == (tmp_path / "worker.log").exists()


@pytest.mark.parametrize("place", ["before", "between", "after"])
def test_place_of_configuration(run: Run, config_file: Path, place: str) -> None:
    """The configuration file may stand before the subcommand or after it, and more than once."""
    more = config_file.with_name("place.conf")
    more.write_text("[api]\nport = 8799\n")
    words: list[str | Path] = ["config", "show", "--format", "json"]
    index = {"before": 0, "between": 1, "after": len(words)}[place]
    files = ["--config-file", config_file, f"--config-file={more}"]
    code, out, _err = run("kic-vm-manage", *words[:index], *files, *words[index:])
    assert code == 0
    shown = {(one["group"], one["option"]): one for one in json.loads(out)}
    assert shown["api", "port"]["value"] == "8799"


def test_directory_of_configuration(run: Run, config_file: Path, tmp_path: Path) -> None:
    """The files of a directory count more than the file."""
    (tmp_path / "a.conf").write_text("[api]\nport = 8799\n")
    arguments = ["--config-file", config_file, "--config-dir", tmp_path]
    _code, out, _err = run("kic-vm-manage", *arguments, "config", "show", "--changed")
    assert "port = 8799" in out


def test_status(run: Run, config_file: Path, populated: Cloud) -> None:
    """The upgrade check takes its arguments in any order, too."""
    populated.answer("POST", "keystone", "/auth/tokens", {}, 401)
    words = ["upgrade", "check", "--json", "--config-file", config_file]
    code, out, _err = run("kic-vm-status", *words)
    assert code == 2
    assert [check["check"] for check in json.loads(out)["checks"]] == list(status.CHECKS)


def test_status_of_wrong_configuration(run: Run, config_file: Path, tmp_path: Path) -> None:
    """A program that reads JSON gets the problem as a check that failed."""
    path = tmp_path / "wrong.conf"
    for text in ("[api]\nport = many\n", "[service_user]\nauth_type = none\n"):
        path.write_text(text)
        words = ["upgrade", "check", "--config-file", config_file, "--config-file", path]
        code, out, err = run("kic-vm-status", *words, "--json")
        assert code == 2
        (line,) = err.splitlines()
        document = json.loads(out)
        (check,) = document["checks"]
        assert document["name"] == "Upgrade Check Results"
        assert (check["check"], check["result"]) == ("Configuration", 2)
        assert line == f"kic-vm-status: {check['details']}"
        code, out, other = run("kic-vm-status", *words)
        assert (code, out, other) == (2, "", err)


def test_round_of_worker(run: Run, config_file: Path, quiet: Cloud) -> None:
    """A round that did its work succeeds; the log has the version and the configuration."""
    code, out, err = run("kic-vm-worker", "--once", "--config-file", config_file)
    assert code == 0
    assert f"kic-vm-worker {version()} started with configuration {config_file}" in out + err
    assert "kic-vm-worker stopped" in out + err


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"body": {}, "status": 401}, "refuses the gateway's own user"),
        ({"exc": requests.exceptions.ConnectionError}, "cannot be reached"),
    ],
)
def test_keystone_without_login(
    run: Run, config_file: Path, populated: Cloud, answer: dict[str, Any], words: str
) -> None:
    """A refused login and an unreachable Keystone are told apart; the failed jobs are named."""
    populated.answer("POST", "keystone", "/auth/tokens", **answer)
    code, out, err = run("kic-vm-worker", "--once", "--config-file", config_file)
    assert code == 1
    assert "kic-vm-worker: jobs failed: confirm_resizes, remove_ports" in err
    assert words in out + err
    code, _out, err = run("kic-vm-manage", "flavors", "check", "--config-file", config_file)
    assert code == 1
    assert words in err.splitlines()[-1]
    _code, out, _err = run(
        "kic-vm-status", "--config-file", config_file, "upgrade", "check", "--json"
    )
    (found,) = (one for one in json.loads(out)["checks"] if one["check"] == "Keystone")
    is_refused = "refuse" in words
    assert ("Keystone refuses" in found["details"]) is is_refused
    assert ("this host can reach Keystone" in found["details"]) is not is_refused


def test_unknown_option(run: Run, config_file: Path, quiet: Cloud, tmp_path: Path) -> None:
    """A misspelled option is named with its file and the option that is like it."""
    path = tmp_path / "more.conf"
    path.write_text("[resize]\nconfirm-window = 5\nconfirmatoin = manual\n[elsewhere]\nurl = x\n")
    files = ["--config-file", config_file, "--config-file", path]
    code, out, err = run("kic-vm-worker", "--once", *files)
    assert code == 0
    lines = [line for line in (out + err).splitlines() if "is not an option" in line]
    assert len(lines) == 2
    assert f"[resize] confirmatoin in {path} is not an option: nothing reads it. " in lines[0]
    assert lines[0].endswith("Did you mean confirmation?")
    assert lines[1].endswith("There is no section [elsewhere].")


@pytest.mark.parametrize("form", ["json", "yaml", "csv"])
@pytest.mark.parametrize("command", [["lifecycle"], ["config", "show"]])
def test_formats(run: Run, config_file: Path, command: list[str], form: str) -> None:
    """All formats have the same content."""
    code, text, _err = run(
        "kic-vm-manage", *command, "--config-file", config_file, "--format", form
    )
    assert code == 0
    if form == "csv":
        rows = list(csv.DictReader(io.StringIO(text)))
        assert {tuple(row) for row in rows} == {tuple(rows[0])}
        assert len(rows) > 30
    else:
        document = yaml.safe_load(text) if form == "yaml" else json.loads(text)
        _code, other, _err = run(
            "kic-vm-manage", *command, "--config-file", config_file, "--format", "json"
        )
        assert document == json.loads(other)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            "kic-vm-manage ",
            {"config", "flavors", "keypairs", "lifecycle", "completion", "--version"},
        ),
        ("kic-vm-manage fl", {"flavors"}),
        ("kic-vm-manage flavors ch", {"check"}),
        ("kic-vm-manage flavors check --format c", {"csv"}),
        ("kic-vm-manage --config-file x lifecycle --language ", {"en", "ko"}),
        ("kic-vm-status upgrade ", {"check"}),
        ("kic-vm-status upgrade check --js", {"--json"}),
        ("kic-vm-worker --on", {"--once"}),
        ("kic-vm-api --config-", {"--config-file", "--config-dir"}),
    ],
)
def test_completion(run: Run, tmp_path: Path, line: str, words: set[str]) -> None:
    """bash completes the subcommands, options and choices of each command."""
    _code, script, _err = run("kic-vm-manage", "completion")
    path = tmp_path / "completion.bash"
    path.write_text(script)
    typed = line.split(" ")
    quoted = " ".join(f"'{word}'" for word in typed)
    program = (
        f"source {path}; COMP_WORDS=({quoted}); COMP_CWORD={len(typed) - 1}; "
        f"_{typed[0].replace('-', '_')}; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    )
    done = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    completed = set(done.stdout.split())
    assert words <= completed
    assert all(word.startswith(typed[-1]) for word in completed)
