# SPDX-License-Identifier: Apache-2.0
"""The page service-user: the uses of the gateway's own user, and why it may write."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import kic_vm
from kic_vm.adapters.service_user_writes import WRITES
from kic_vm.operations.worker import upkeep

ROOT: Final = Path(kic_vm.__file__).parent
PAGE: Final = Path(__file__).parents[3] / "doc/source/admin/service-user.rst"
# Here the gateway's own user is made known to the rest.
DEFINITIONS: Final = {"adapters.cloud", "adapters.service", "operations.request"}
CHANGE: Final = re.compile(r"``([a-z-]+) ([A-Z]+) (/\S+)``")
PLACE: Final = re.compile(r"``((?:\w+\.){2,}\w+)``")


def tables() -> tuple[str, str]:
    """The parts of the page that have the table of changes, and of what only reads."""
    text = PAGE.read_text()
    rest = text[text.index("Changes and their justification\n") :]
    changes, reads = rest.split("The gateway's own user also makes these read-only calls:\n", 1)
    return changes, reads.partition("Which keypairs are valid\n")[0]


def places() -> Iterator[str]:
    """The functions that act with the gateway's own user, as ``package.module.function``."""
    for file in sorted(ROOT.rglob("*.py")):
        module = ".".join(file.relative_to(ROOT).with_suffix("").parts)
        if module not in DEFINITIONS:
            yield from _functions(ast.parse(file.read_text()), module)


def _functions(node: ast.AST, name: str) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Attribute) and child.attr in {"as_gateway", "service_auth"}:
            yield name
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from _functions(child, f"{name}.{child.name}")
        else:
            yield from _functions(child, name)


def test_changes() -> None:
    """Every change that the gateway's own user may make has a row with its reason, and no other."""
    changes, _reads = tables()
    assert set(CHANGE.findall(changes)) == WRITES
    for row in changes.split("\n   * - ")[2:]:
        cells = re.split(r"\n     - ", row)
        assert len(cells) == 3, row
        assert CHANGE.search(cells[0]), row
        assert PLACE.search(cells[1]), row
        assert len(cells[2].split()) > 10, "a row without a reason"


def test_places() -> None:
    """Every function that acts with that user is in one of the tables, and no other is."""
    changes, reads = tables()
    assert {*PLACE.findall(changes), *PLACE.findall(reads)} == set(places())


def test_jobs_of_the_worker() -> None:
    """Each of the worker's jobs is in one of the tables."""
    changes, reads = tables()
    for job in upkeep._jobs():
        assert f"``{job}``" in changes + reads
