# SPDX-License-Identifier: Apache-2.0
"""Processes are recognised for sure, and stopped with their children."""

import dataclasses
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from allinone.deployment import Deployment
from allinone.errors import ServiceError
from allinone.processes import Processes, start_time


@pytest.fixture
def processes(deployment: Deployment) -> Iterator[Processes]:
    """The processes of an empty deployment; whatever a test starts is stopped."""
    made = Processes(deployment)
    yield made
    made.stop([*made.names(), *made.strays()], seconds=2)


def start(processes: Processes, deployment: Deployment, script: str, name: str = "it") -> bool:
    return processes.start(name, ["sh", "-c", script], deployment.environment())


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    assert condition()


def test_running_service_is_not_started_twice(processes: Processes, deployment: Deployment) -> None:
    """A second start finds the first one's process."""
    assert start(processes, deployment, "sleep 60")
    assert not start(processes, deployment, "sleep 60")
    assert Processes(deployment).alive("it")


def test_reused_pid_is_not_taken_for_ours(processes: Processes, deployment: Deployment) -> None:
    """The same pid with another start time is somebody else."""
    start(processes, deployment, "sleep 60")
    process = processes.get("it")
    assert process
    other = dataclasses.replace(process, start_time=process.start_time - 1)
    assert process.alive
    assert not other.alive
    assert not dataclasses.replace(process, boot="another").alive


def test_stop_takes_the_children_along(processes: Processes, deployment: Deployment) -> None:
    """A child that ignores its parent's end does not survive it."""
    start(processes, deployment, "trap '' TERM; (trap '' TERM; sleep 61) & sleep 62")
    wait_until(lambda: len(processes.members().get("it", [])) == 3)
    pids = processes.members()["it"]
    assert processes.stop(["it"], seconds=0.3) == ["it"]
    assert [start_time(pid) for pid in pids] == [None] * 3
    assert processes.names() == []


def test_outliving_child_is_found_and_stopped(processes: Processes, deployment: Deployment) -> None:
    """After a kill -9 of the parent the child is still known as the service's."""
    start(processes, deployment, "sleep 63 & wait")
    wait_until(lambda: len(processes.members().get("it", [])) == 2)
    leader = processes.get("it")
    assert leader
    (child,) = set(processes.members()["it"]) - {leader.pid}
    os.kill(leader.pid, signal.SIGKILL)
    wait_until(lambda: not processes.alive("it"))
    assert processes.members()["it"] == [child]
    processes.forget("it")
    assert processes.strays() == ["it"]
    processes.stop(["it"])
    assert start_time(child) is None


def test_service_that_ends_at_once_is_named_with_its_log(
    processes: Processes, deployment: Deployment
) -> None:
    """The error carries the service's name and what it said last."""
    start(processes, deployment, "echo the disk is full; exit 1", name="cinder-volume")
    with pytest.raises(ServiceError, match=r"(?s)cinder-volume ended .*the disk is full"):
        processes.wait("cinder-volume", lambda: False)


def test_environment_of_the_caller_is_not_passed_on(
    processes: Processes, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OS_CLOUD and the like must not reach a service."""
    monkeypatch.setenv("OS_CLOUD", "somewhere")
    start(processes, deployment, "env; sleep 60")
    wait_until(lambda: "PATH=" in processes.log("it").read_text())
    assert "OS_CLOUD" not in processes.log("it").read_text()


def test_services_start_side_by_side(processes: Processes, deployment: Deployment) -> None:
    """Each start reads the notes of all others, which must never be found half written."""
    names = [f"service-{number}" for number in range(40)]
    with ThreadPoolExecutor(max_workers=8) as pool:
        started = list(pool.map(lambda name: start(processes, deployment, "sleep 60", name), names))
    assert started == [True] * len(names)
    assert sorted(processes.names()) == sorted(names)
