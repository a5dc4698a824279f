# SPDX-License-Identifier: Apache-2.0
"""The tables against the sources of the Nova and Cinder that the functional tests run on.

The constants are read from the packages' source text (nothing is imported), in the OpenStack
environment under ``$KIC_VM_STANDALONE_DIR`` (default ``.standalone`` in the repository).
"""

import ast
import itertools
import os
from pathlib import Path

import pytest

from kic_vm.lifecycle import table
from kic_vm.lifecycle.table import LifecycleTables

# It installs what is read here.
pytestmark = pytest.mark.usefixtures("standalone")

REPOSITORY = Path(__file__).parents[3]


def source(path: str) -> ast.Module:
    """The syntax tree of this file of the installed OpenStack."""
    standalone = Path(os.environ.get("KIC_VM_STANDALONE_DIR") or REPOSITORY / ".standalone")
    found = list((standalone / "venv").glob(f"lib/python3*/site-packages/{path}"))
    assert found, f"{path} is not installed under {standalone}/venv"
    return ast.parse(found[0].read_text("utf-8"))


def texts(body: list[ast.stmt]) -> dict[str, str]:
    """Name -> value of the text constants in this class or module body."""
    return {
        target.id: node.value.value
        for node in body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name) and isinstance(node.value.value, str)
    }


def class_texts(path: str, name: str) -> dict[str, str]:
    """Name -> value of the text constants in this class."""
    nodes = source(path).body
    body = next(n.body for n in nodes if isinstance(n, ast.ClassDef) and n.name == name)
    return texts(body)


def nova_words(module: str, enum: str) -> set[str]:
    """The words of a module of state names: texts, or references to an enum in nova.objects."""
    body = source(f"nova/compute/{module}.py").body
    words = set(texts(body).values())
    named = class_texts("nova/objects/fields.py", enum)
    for node in body:
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Attribute)
            and isinstance(node.value.value, ast.Attribute)
            and node.value.value.attr == enum
        ):
            words.add(named[node.value.attr])
    assert words
    return words


@pytest.fixture
def tables() -> LifecycleTables:
    """The shipped tables, as if just loaded: no warning was given yet."""
    loaded = table.load_tables()
    return LifecycleTables(loaded.instances, loaded.volumes)


def test_every_pair_of_the_installed_nova_is_known(
    tables: LifecycleTables, caplog: pytest.LogCaptureFixture
) -> None:
    """Each vm_state with each task_state, or none, is answered without a warning."""
    vm_states = nova_words("vm_states", "InstanceState")
    task_states = nova_words("task_states", "InstanceTaskState")
    for pair in itertools.product(vm_states, {None, *task_states}):
        assert tables.instance_state(*pair).state
    assert not caplog.records


def test_every_status_of_the_installed_cinder_is_known(
    tables: LifecycleTables, caplog: pytest.LogCaptureFixture
) -> None:
    """Each volume status of Cinder's list is answered without a warning."""
    statuses = class_texts("cinder/objects/fields.py", "VolumeStatus")
    assert statuses
    for status in statuses.values():
        assert tables.volume_state(status).state
    assert not caplog.records
