# SPDX-License-Identifier: Apache-2.0
"""The Python environment that the gateway runs in."""

import hashlib
import shutil
import sys

from .errors import DemoError
from .openstack import run
from .place import REPOSITORY, Place

SOURCES = ("constraints.txt", "setup.cfg", "setup.py", "pyproject.toml")


def ensure(place: Place) -> bool:
    """Make the environment unless it is there and up to date; True if there was work to do."""
    stamp = place.venv / "installed"
    wanted = _fingerprint()
    if stamp.exists() and stamp.read_text() == wanted:
        return False
    shutil.rmtree(place.venv, ignore_errors=True)
    _must([sys.executable, "-m", "venv", str(place.venv)], "make a Python environment")
    pip = [str(place.venv / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
    constraints = ["-c", str(REPOSITORY / "constraints.txt")]
    _must([*pip, *constraints, "-e", f"{REPOSITORY}[notifications]"], "install the gateway")
    stamp.write_text(wanted)
    return True


def _fingerprint() -> str:
    """Changes with everything that what is installed depends on; the code itself is linked."""
    digest = hashlib.sha256(f"{sys.version} {REPOSITORY}".encode())
    for name in SOURCES:
        digest.update((REPOSITORY / name).read_bytes())
    return digest.hexdigest()


def _must(argv: list[str], what: str) -> None:
    if run(argv):
        raise DemoError(f"could not {what}; the reason is above")
