# SPDX-License-Identifier: Apache-2.0
"""The gateway's process as the bench sees it: its CPU time, memory and upstream calls."""

import contextlib
import os
import secrets
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bench.tenants import TOKEN
from tests.functional.client import Client, Gateway

_TICKS: Final = os.sysconf("SC_CLK_TCK")


class Measured:
    """A gateway, with one worker process unless its configuration has more."""

    def __init__(self, gateway: Gateway, started: float) -> None:
        self.url = gateway.url
        self._lines = gateway.access_lines
        self._master = gateway.process.pid
        self.first_answer_seconds = time.perf_counter() - started

    def client(self, token: str = TOKEN) -> Client:
        """A client with a token."""
        return Client(self.url, token)

    def _workers(self) -> list[Path]:
        children = Path(f"/proc/{self._master}/task/{self._master}/children").read_text().split()
        return [Path("/proc") / child for child in children]

    def cpu_seconds(self) -> float:
        """The CPU time of all workers so far."""
        stats = [(worker / "stat").read_text() for worker in self._workers()]
        fields = [stat.rpartition(")")[2].split() for stat in stats]
        return sum(int(user) + int(system) for user, system in (f[11:13] for f in fields)) / _TICKS

    def upstream_calls(self, path: str = "/api/v1/instances") -> int:
        """Its calls to OpenStack so far, for requests to a path."""
        return sum(int(line["upstream_calls"]) for line in self._lines(path))

    def resident_bytes(self) -> int:
        """The present memory of all workers."""
        return self._memory("VmRSS")

    def reset_peak(self) -> None:
        """Let ``peak_bytes`` count from now on."""
        for worker in self._workers():
            (worker / "clear_refs").write_text("5")  # see proc_pid_clear_refs(5)

    def peak_bytes(self) -> int:
        """The sum of the largest memory of each worker since the last reset."""
        return self._memory("VmHWM")

    def _memory(self, field: str) -> int:
        lines = [
            line
            for worker in self._workers()
            for line in (worker / "status").read_text().splitlines()
            if line.startswith(f"{field}:")
        ]
        return sum(int(line.split()[1]) for line in lines) * 1024


@contextlib.contextmanager
def gateway(base: Path, **options: dict[str, str]) -> Iterator[Measured]:
    """A gateway of the bench's own, which remembers nothing of others.

    :param options: they go over the configuration
    """
    options["redis"] = {"key_prefix": f"bench-{secrets.token_hex(4)}:"}
    with tempfile.TemporaryDirectory() as directory:
        started = time.perf_counter()
        process = Gateway(base, Path(directory), options)
        try:
            process.wait_until_alive()
            yield Measured(process, started)
        finally:
            process.stop()
