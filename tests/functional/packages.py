# SPDX-License-Identifier: Apache-2.0
"""Programs of Debian's packages, which the tests install if they are missing."""

import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "devstack"))

from allinone import debian


def program(name: str, packages: tuple[str, ...], directory: Path) -> str:
    """The path of a program, whose packages start no service.

    :param directory: of the log of the installation
    """
    debian.install(packages, directory / "journal", directory / "log")
    found = shutil.which(name, path="/usr/sbin:/usr/bin")
    assert found
    return found
