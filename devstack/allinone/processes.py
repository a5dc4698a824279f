# SPDX-License-Identifier: Apache-2.0
"""Starts, watches and stops the processes of a deployment, and only those.

A process is known by its pid, its start time and the boot it was started in, so that a reused pid
is never taken for it. Every process also carries the deployment's random identity and its own
name in its environment, by which children that outlived their parent are found.
"""

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from . import interrupt
from .deployment import Deployment, write_private
from .errors import ServiceError

MARKER = "KIC_VM_STANDALONE_PROCESS"
LARGEST_LOG = 32 * 1024 * 1024
SESSION, START_TIME = 3, 19  # fields of /proc/<pid>/stat after the name
BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Process:
    """What identifies a process that was started for a service."""

    pid: int
    start_time: int
    boot: str

    @property
    def alive(self) -> bool:
        """Whether exactly this process still runs."""
        return start_time(self.pid) == self.start_time and BOOT.read_text() == self.boot


def start_time(pid: int) -> int | None:
    """When a process started, in ticks since boot; None if it is not there or a zombie."""
    fields = _stat(pid)
    return None if fields is None else int(fields[START_TIME])


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/<pid>/stat after the name; None if it is not there or a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] == "Z" else fields


class Processes:
    """The processes of one deployment, by service name."""

    def __init__(self, deployment: Deployment) -> None:
        """Know where the processes are noted."""
        self._deployment = deployment
        self._directory = deployment.state / "processes"
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()

    def names(self) -> list[str]:
        """The services that were started, in the order of their start."""
        records = self._directory.glob("*.json")
        return [path.stem for path in sorted(records, key=lambda path: path.stat().st_mtime_ns)]

    def log(self, name: str) -> Path:
        """The log file of a service."""
        return self._deployment.logs / f"{name}.log"

    def get(self, name: str) -> Process | None:
        """The process that was started for a service, running or not."""
        try:
            return Process(**json.loads((self._directory / f"{name}.json").read_text()))
        except FileNotFoundError:
            return None

    def started(self, name: str) -> float:
        """When the service was started, in seconds since the epoch."""
        return (self._directory / f"{name}.json").stat().st_mtime

    def alive(self, name: str) -> bool:
        """Whether the service's process runs."""
        if child := self._children.get(name):
            child.poll()
        process = self.get(name)
        return process is not None and process.alive

    def start(
        self, name: str, argv: Sequence[str | os.PathLike[str]], env: Mapping[str, str]
    ) -> bool:
        """Start a service in a session of its own; False if it runs already."""
        if self.alive(name):
            return False
        interrupt.check()
        for orphan in self._family(name):
            _kill(orphan.pid, signal.SIGKILL)
        log = self.log(name)
        if log.exists() and log.stat().st_size > LARGEST_LOG:
            log.replace(log.with_suffix(".log.old"))
        self._directory.mkdir(exist_ok=True)
        with self._lock, log.open("ab") as output:
            child = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**env, MARKER: f"{self._deployment.identity}/{name}"},
                cwd=self._deployment.data,
                start_new_session=True,
            )
            begun = start_time(child.pid)
            record = Process(child.pid, -1 if begun is None else begun, BOOT.read_text())
            write_private(self._directory / f"{name}.json", json.dumps(asdict(record)))
            self._children[name] = child
        return True

    def wait(self, name: str, ready: Callable[[], bool], seconds: float = 90) -> None:
        """Wait until a service is ready; raise ServiceError if it ends or takes too long."""
        end = time.monotonic() + seconds
        while not ready():
            if not self.alive(name):
                raise ServiceError(name, "ended right after its start", self.log(name))
            if time.monotonic() > end:
                raise ServiceError(name, f"did not become ready in {seconds:.0f} s", self.log(name))
            interrupt.sleep(0.1)

    def stop(self, names: Sequence[str], seconds: float = 20) -> list[str]:
        """Stop services together, with all their children; the names that had to be killed."""
        for name in names:
            process = self.get(name)
            if process and process.alive:
                _kill(process.pid, signal.SIGTERM)
        end = time.monotonic() + seconds
        while any(self.alive(name) for name in names) and time.monotonic() < end:
            time.sleep(0.05)
        killed = [name for name in names if self.alive(name)]
        for name in names:
            family = self._family(name)
            for process in family:
                _kill(process.pid, signal.SIGKILL)
            while any(process.alive for process in family):
                time.sleep(0.02)
            self.forget(name)
        return killed

    def forget(self, name: str) -> None:
        """Drop the record of a process that is gone."""
        if child := self._children.pop(name, None):
            child.poll()
        (self._directory / f"{name}.json").unlink(missing_ok=True)

    def strays(self) -> list[str]:
        """Services of which something runs without a record, such as an outliving child."""
        recorded = set(self.names())
        return sorted(self._families().keys() - recorded)

    def members(self) -> dict[str, list[int]]:
        """The pids of each service, children included."""
        return {
            name: [process.pid for process in family] for name, family in self._families().items()
        }

    def _family(self, name: str) -> list[Process]:
        return self._families().get(name, [])

    def _families(self) -> dict[str, list[Process]]:
        # Some programs (Redis) overwrite their environment, but those in the session of a process
        # that is known to be ours are ours as well.
        leaders = {
            process.pid: name
            for name in self.names()
            if (process := self.get(name)) and process.alive
        }
        boot = BOOT.read_text()
        families: dict[str, list[Process]] = {}
        for directory in Path("/proc").glob("[0-9]*"):
            pid = int(directory.name)
            fields = _stat(pid)
            if fields is None:
                continue
            name = leaders.get(int(fields[SESSION])) or self._marked_name(directory)
            if name:
                process = Process(pid, int(fields[START_TIME]), boot)
                families.setdefault(name, []).append(process)
        return families

    def _marked_name(self, directory: Path) -> str | None:
        prefix = f"{MARKER}={self._deployment.identity}/".encode()
        try:
            variables = (directory / "environ").read_bytes().split(b"\0")
        except OSError:  # gone, or somebody else's
            return None
        marks = (variable for variable in variables if variable.startswith(prefix))
        return next((mark[len(prefix) :].decode() for mark in marks), None)


def _kill(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
