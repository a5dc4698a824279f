# SPDX-License-Identifier: Apache-2.0
"""The options of the commands that draw pictures of real runs."""

import argparse
from pathlib import Path
from typing import Final

TOP: Final = Path(__file__).resolve().parents[1]
IMAGES: Final = TOP / "doc/source/images"


def parser(name: str, description: str) -> argparse.ArgumentParser:
    """A parser with the options that all of them have: ``demo``, ``save`` and ``saved``.

    :param name: of the package below ``doc``
    """
    made = argparse.ArgumentParser(prog=f"python -m doc.{name}", description=description)
    made.add_argument(
        "--demo",
        metavar="DIRECTORY",
        type=Path,
        default=TOP / ".demo",
        help="the credentials of the standalone OpenStack, which `make demo` writes",
    )
    made.add_argument("--save", metavar="FILE", type=Path, help="also save the record of the run")
    made.add_argument(
        "--saved", metavar="FILE", type=Path, help="draw a saved record again, without a run"
    )
    return made
