# SPDX-License-Identifier: Apache-2.0
"""The gateway's process: which one is ours, and when it is ready."""

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from allinone.processes import BOOT, Process, start_time
from demo.errors import DemoError
from demo.gateway import GatewayProcess
from demo.place import Place

from tests.unit.demo.conftest import Told


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process that ends at SIGTERM."""
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as child:
        yield child
        child.kill()


def note(place: Place, pid: int, begun: int) -> None:
    """Write down a process as the gateway's."""
    record = asdict(Process(pid, begun, BOOT.read_text()))
    (place.directory / "kic-vm-api.json").write_text(json.dumps(record))


def program(place: Place, script: str) -> None:
    """Put a program in the place of kic-vm-api."""
    path = place.venv / "bin" / "kic-vm-api"
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_the_gateway_that_was_noted_is_stopped(
    place: Place, sleeper: subprocess.Popen[bytes]
) -> None:
    """By the signal that lets it finish its requests."""
    begun = start_time(sleeper.pid)
    assert begun
    note(place, sleeper.pid, begun)
    assert GatewayProcess(place).stop()
    assert start_time(sleeper.pid) is None
    assert not GatewayProcess(place).stop()


def test_another_process_with_the_same_pid_is_left_alone(
    place: Place, sleeper: subprocess.Popen[bytes]
) -> None:
    """A pid alone says nothing."""
    note(place, sleeper.pid, 1)
    assert not GatewayProcess(place).stop()
    assert sleeper.poll() is None


def test_a_broken_note_is_none(place: Place) -> None:
    """It stops nothing, and hinders nothing."""
    (place.directory / "kic-vm-api.json").write_text("{")
    assert GatewayProcess(place).running is None


def test_a_port_of_another_program_is_refused_with_a_way_out(tmp_path: Path) -> None:
    """Before minutes are spent on OpenStack."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        sentence = f"port {port} .* is in use[^$]*_GATEWAY_PORT={port + 1} make demo"
        with pytest.raises(DemoError, match=sentence):
            GatewayProcess(Place(tmp_path, port)).check_port()
    GatewayProcess(Place(tmp_path, port)).check_port()


def test_a_gateway_that_ends_at_once_shows_the_end_of_its_log(
    place: Place, unused_port: int
) -> None:
    """Which says why."""
    program(place, "echo the option is wrong; exit 2")
    gateway = GatewayProcess(place)
    with pytest.raises(DemoError, match=r"ended at once[\s\S]*the option is wrong"):
        gateway.wait(f"http://127.0.0.1:{unused_port}", gateway.start())


def test_the_gateway_is_waited_for_until_its_openstack_is_ready(place: Place, told: Told) -> None:
    """Alive first, then ready."""
    program(place, "exec sleep 60")
    told.on("GET /healthcheck", (200, {"status": "ok"}))
    told.on("GET /readiness", (503, {}), (200, {"ready": True}))
    gateway = GatewayProcess(place)
    try:
        gateway.wait(told.url, gateway.start())
        assert [request for request, _, _ in told.asked].count("GET /readiness") == 2
    finally:
        assert gateway.stop()


def test_a_service_that_is_not_ready_is_named(
    place: Place, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the problem that the gateway has with it."""
    monkeypatch.setattr("demo.gateway.READY_SECONDS", 0)
    program(place, "exec sleep 60")
    services = {
        "nova": {"ok": True, "problem": None},
        "cinder": {"ok": False, "problem": "it does not answer"},
    }
    told.on("GET /healthcheck", (200, None))
    told.on("GET /readiness", (503, {"services": services}))
    gateway = GatewayProcess(place)
    try:
        with pytest.raises(DemoError, match=r"503 cinder \(it does not answer\)"):
            gateway.wait(told.url, gateway.start())
    finally:
        gateway.stop()


def test_the_gateway_does_not_get_the_terminals_ctrl_c(place: Place) -> None:
    """It has a session of its own."""
    program(place, "exec sleep 60")
    gateway = GatewayProcess(place)
    process = gateway.start()
    try:
        assert os.getsid(process.pid) == process.pid
    finally:
        gateway.stop()
