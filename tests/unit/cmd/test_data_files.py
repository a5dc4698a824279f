# SPDX-License-Identifier: Apache-2.0
"""A data file of the package that is missing or invalid stops each command with one line."""

import importlib
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

import kic_vm
from kic_vm import data_files
from kic_vm.cmd import entry
from kic_vm.data_files import DataFileError

PACKAGE: Final = Path(kic_vm.__file__).parent
FILES: Final = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.yaml"))
COMMANDS: Final = {
    "kic-vm-api": entry.api,
    "kic-vm-manage": entry.manage,
    "kic-vm-status": entry.status,
    "kic-vm-worker": entry.worker,
}
# Starts a command that reads a broken text instead of one data file, or no text if it is missing.
SCRIPT: Final = """
import pathlib, sys
from kic_vm.cmd import entry

path, text, read = sys.argv.pop(1), sys.argv.pop(1), pathlib.Path.read_text

def read_broken(self, *args, **kwargs):
    if not self.as_posix().endswith(path):
        return read(self, *args, **kwargs)
    if text == "missing":
        raise FileNotFoundError(2, "No such file or directory")
    return text

pathlib.Path.read_text = read_broken
sys.exit(entry.api())
"""


@pytest.mark.parametrize("text", ["missing", "a: ["])
@pytest.mark.parametrize("path", FILES, ids=str)
def test_start(path: Path, text: str, config_file: Path) -> None:
    """The line names the file; the exit status is that of a wrong configuration."""
    arguments = ["--config-file", str(config_file)]
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT, f"/{path.as_posix()}", text, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    (line,) = ended.stderr.splitlines()
    assert line.startswith(f"kic-vm-api: {path.name}: not readable")
    assert (ended.returncode, ended.stdout) == (2, "")


@pytest.mark.parametrize("command", COMMANDS)
def test_import(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """So it is for every command whose modules need the file when they are imported."""

    def refuse(_name: str) -> None:
        raise DataFileError("commands.yaml, stop", "nova is missing")

    monkeypatch.setattr(importlib, "import_module", refuse)
    assert COMMANDS[command]() == 2
    assert capsys.readouterr() == ("", f"{command}: commands.yaml, stop: nova is missing\n")


def test_entry_points() -> None:
    """The installed commands are these."""
    text = (PACKAGE.parent / "setup.cfg").read_text()
    for command, function in COMMANDS.items():
        assert f"{command} = kic_vm.cmd.entry:{function.__name__}\n" in text


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "not readable in package: No such file"),
        (b"\xff", "not readable as UTF-8"),
        (b"a: [", "not readable as YAML"),
        (b"a: 1\na: 2", "the key 'a' is given twice"),
    ],
)
def test_file(
    content: bytes | None, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that cannot be read is refused by its name."""
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").touch()
    if content is not None:
        (package / "table.yaml").write_bytes(content)
    monkeypatch.delitem(sys.modules, "package", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(DataFileError, match=problem) as refused:
        data_files.read("package", "table.yaml")
    assert str(refused.value).startswith("table.yaml: ")
