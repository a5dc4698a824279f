# SPDX-License-Identifier: Apache-2.0
"""The gateway's process: started in the background, found again later, stopped.

It is known by pid, start time and boot, so that another process is never taken for it.
"""

import contextlib
import errno
import json
import os
import signal
import socket
import subprocess
import time
from dataclasses import asdict

from allinone.processes import BOOT, Process, start_time

from .errors import DemoError, NoAnswer, tail
from .place import REPOSITORY, Place
from .wire import Gateway

ADDRESS = "127.0.0.1"
START_SECONDS, READY_SECONDS, STOP_SECONDS = 60, 90, 20


class GatewayProcess:
    """The gateway that the demo starts and stops."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._record = place.directory / "kic-vm-api.json"

    @property
    def running(self) -> Process | None:
        """The process that an earlier start left behind, if it still runs."""
        try:
            process = Process(**json.loads(self._record.read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None
        return process if process.alive else None

    def check_port(self) -> None:
        """Raise DemoError if the gateway's port belongs to another program."""
        if not self.running and _is_taken(self._place.gateway_port):
            port = self._place.gateway_port
            raise DemoError(
                f"port {port} of {ADDRESS} is in use by another program, so the gateway cannot be"
                f" started there.\n`ss -ltnp 'sport = :{port}'` shows which one. Stop it, or choose"
                " another port for the demo:\n"
                f"    KIC_VM_STANDALONE_GATEWAY_PORT={port + 1} make demo"
            )

    def start(self) -> Process:
        """Start it in a session of its own, with its output in the log."""
        log = self._place.log
        if log.exists():
            log.replace(log.with_suffix(".log.old"))
        program = self._place.venv / "bin" / "kic-vm-api"
        with log.open("wb") as output:
            child = subprocess.Popen(
                [program, "--config-file", self._place.configuration],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=REPOSITORY,
                start_new_session=True,
            )
        begun = start_time(child.pid)
        process = Process(child.pid, -1 if begun is None else begun, BOOT.read_text())
        self._record.write_text(json.dumps(asdict(process)))
        return process

    def wait(self, url: str, process: Process) -> None:
        """Wait until it is alive and its OpenStack is ready."""
        gateway = Gateway(url)
        self._wait_for(gateway, "/healthcheck", process, START_SECONDS)
        self._wait_for(gateway, "/readiness", process, READY_SECONDS)

    def stop(self) -> bool:
        """Let it finish its requests and end; False if it did not run."""
        process = self.running
        if process:
            os.kill(process.pid, signal.SIGTERM)
            end = time.monotonic() + STOP_SECONDS
            while process.alive and time.monotonic() < end:
                time.sleep(0.05)
                _reap(process.pid)
            if process.alive:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
        self._record.unlink(missing_ok=True)
        return process is not None

    def _wait_for(self, gateway: Gateway, path: str, process: Process, seconds: float) -> None:
        end = time.monotonic() + seconds
        while True:
            problem = _problem(gateway, path)
            if problem is None:
                return
            _reap(process.pid)
            if not process.alive:
                log = self._place.log
                raise DemoError(f"the gateway ended at once. The end of {log}:\n\n{tail(log)}")
            if time.monotonic() > end:
                raise DemoError(
                    f"{gateway.url}{path} was not all right within {seconds:.0f} s: {problem}.\n"
                    f"The gateway's log: {self._place.log}"
                )
            time.sleep(0.2)


def _problem(gateway: Gateway, path: str) -> str | None:
    """What is wrong with an answer; None if nothing is."""
    try:
        answer = gateway.call("GET", path)
    except NoAnswer:
        return "no answer"
    if answer.status == 200:
        return None
    services = answer.body.get("services", {}) if isinstance(answer.body, dict) else {}
    bad = [f"{name} ({one['problem']})" for name, one in services.items() if not one["ok"]]
    return f"{answer.status} {', '.join(bad)}".strip()


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError as error:
            return error.errno == errno.EADDRINUSE
    return False


def _reap(pid: int) -> None:
    """Take note of the end of a child of ours; nothing for a process of an earlier run."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
