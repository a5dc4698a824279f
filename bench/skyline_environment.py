# SPDX-License-Identifier: Apache-2.0
"""The Python environment of skyline-apiserver: its own, because its dependencies differ from ours.

It is made once, in ``.bench``, and made again when the list of its packages changes.
"""

import fcntl
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from bench.project import BenchError

PACKAGE: Final = "skyline-apiserver"
_TOP: Final = Path(__file__).parents[1]
DIRECTORY: Final = _TOP / ".bench"
_REQUIREMENTS: Final = Path(__file__).with_name("skyline-requirements.txt")


def environment(directory: Path) -> Path:
    """An environment that has skyline-apiserver, in a directory.

    :raises BenchError: the packages cannot be installed, for example without a package index
    """
    directory.mkdir(exist_ok=True)
    made, stamp = directory / "skyline", directory / "skyline" / "installed"
    expected = f"{sys.version}\n{_REQUIREMENTS.read_text()}"
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != expected:
            shutil.rmtree(made, ignore_errors=True)
            _run([sys.executable, "-m", "venv", "--without-pip", str(made)])
            pip = [sys.executable, "-m", "pip", "--python", str(made), "--quiet"]
            _run([*pip, "--disable-pip-version-check", "install", "-r", str(_REQUIREMENTS)])
            stamp.write_text(expected)
    return made


def version() -> str:
    """The version of skyline-apiserver in the environment."""
    lines = _REQUIREMENTS.read_text().splitlines()
    return dict(line.split("==") for line in lines if "==" in line)[PACKAGE]


def alembic_configuration(made: Path) -> Path:
    """The configuration with which an environment's alembic makes the tables of skyline-apiserver.

    :raises BenchError: the package has none
    """
    found = list(made.glob("lib/python*/site-packages/skyline_apiserver/db/alembic/alembic.ini"))
    if not found:
        raise BenchError(f"{PACKAGE} {version()} has no configuration of its database")
    return found[0]


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        *_others, last = done.stderr.strip().splitlines() or ["no reason was given"]
        raise BenchError(f"{PACKAGE} cannot be installed: {last}")
