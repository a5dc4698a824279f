# SPDX-License-Identifier: Apache-2.0
"""Whose OpenStack it is: only one that the demo started is stopped by the demo."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from allinone.processes import BOOT, Process, start_time
from demo import openstack
from demo.errors import DemoError
from demo.openstack import OpenStack, run
from demo.place import Place

Up = Callable[..., int]


@pytest.fixture
def alive(monkeypatch: pytest.MonkeyPatch) -> list[Process]:
    """The processes of the standalone OpenStack that run; a test changes the list."""
    processes: list[Process] = []
    monkeypatch.setattr(openstack, "_alive", lambda: list(processes))
    return processes


@pytest.fixture
def bring_up(monkeypatch: pytest.MonkeyPatch, alive: list[Process]) -> Up:
    """What devstack/standalone up does: one process runs after it."""

    def up(_argv: list[str], code: int = 0) -> int:
        if not alive:
            begun = start_time(os.getpid())
            assert begun
            alive.append(Process(os.getpid(), begun, BOOT.read_text()))
        return code

    monkeypatch.setattr(openstack, "run", up)
    return up


def test_an_openstack_that_the_demo_started_is_its_own(
    place: Place, alive: list[Process], bring_up: Up
) -> None:
    """Also in the next run, which finds it running."""
    OpenStack(place).up()
    assert OpenStack(place).is_ours
    OpenStack(place).up()
    assert OpenStack(place).is_ours


def test_an_openstack_that_ran_before_is_not(
    place: Place, alive: list[Process], bring_up: Up
) -> None:
    """Somebody started it by hand."""
    bring_up(None)
    OpenStack(place).up()
    assert not OpenStack(place).is_ours
    assert OpenStack(place).runs


def test_one_that_was_started_again_by_hand_is_not(
    place: Place, alive: list[Process], bring_up: Up, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None of the processes that the demo had seen is left."""
    OpenStack(place).up()
    monkeypatch.setattr(Process, "alive", False)
    assert not OpenStack(place).is_ours


def test_one_that_did_not_come_up_wholly_is_still_its_own(
    place: Place, alive: list[Process], bring_up: Up, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that make demo-stop clears the half of it away."""
    monkeypatch.setattr(openstack, "run", lambda argv: bring_up(argv, code=1))
    with pytest.raises(DemoError, match="did not come up"):
        OpenStack(place).up()
    assert OpenStack(place).is_ours


def test_after_its_stop_nothing_is_its_own(
    place: Place, alive: list[Process], bring_up: Up
) -> None:
    """The note is gone."""
    OpenStack(place).up()
    OpenStack(place).down()
    assert not OpenStack(place).is_ours


def test_a_program_that_is_interrupted_ends_by_itself_before_the_demo_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not killed in the middle of its work."""
    waits = []
    wait = subprocess.Popen.wait

    def interrupted_once(child: subprocess.Popen[bytes], *arguments: Any) -> int:
        waits.append(child)
        if len(waits) == 1:
            raise KeyboardInterrupt
        return wait(child, *arguments)

    monkeypatch.setattr(subprocess.Popen, "wait", interrupted_once)
    with pytest.raises(KeyboardInterrupt):
        run(["sh", "-c", f"sleep 0.1; touch {tmp_path}/done"])
    assert (tmp_path / "done").exists()
