# SPDX-License-Identifier: Apache-2.0
"""The gateway's process as the bench sees it: what it costs, in front of which OpenStack."""

import configparser
import contextlib
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bench.project import BenchError
from bench.services import TOKEN
from tests.functional.client import Client, Gateway

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_START_SECONDS: Final = 60


class Measured:
    """A gateway with one worker process."""

    def __init__(self, gateway: Gateway, started: float) -> None:
        self.url = gateway.url
        self._lines = gateway.access_lines
        self._master = gateway.process.pid
        self.first_answer_seconds = time.perf_counter() - started

    def client(self, token: str = TOKEN) -> Client:
        """A client with a token."""
        return Client(self.url, token)

    @property
    def _worker(self) -> Path:
        children = Path(f"/proc/{self._master}/task/{self._master}/children").read_text().split()
        (worker,) = children
        return Path("/proc") / worker

    def cpu_seconds(self) -> float:
        """What the worker has used so far."""
        fields = (self._worker / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def upstream_calls(self) -> int:
        """Its calls to OpenStack so far, for lists of instances."""
        return sum(int(line["upstream_calls"]) for line in self._lines("/api/v1/instances"))

    def resident_bytes(self) -> int:
        """The worker's memory."""
        pages = int((self._worker / "statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


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


@contextlib.contextmanager
def replay(servers: int, latency: float) -> Iterator[str]:
    """The replayed OpenStack; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = {"--port": port, "--servers": servers, "--latency": latency}
    arguments = [str(word) for pair in options.items() for word in pair]
    process = subprocess.Popen([sys.executable, "-m", "bench.replay", *arguments])
    try:
        _wait_for(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < end:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(0.1)
    raise BenchError("the replay server does not start")


def configuration(directory: Path, base: Path, address: str) -> Path:
    """A copy of the standalone's configuration that leads to the replayed OpenStack."""
    config = configparser.ConfigParser(interpolation=None, default_section="none")
    config.read(base)
    for group in ("keystone_authtoken", "service_user"):
        config.set(group, "auth_url", f"{address}/identity/v3")
    path = directory / "replayed.conf"
    with path.open("w") as file:
        config.write(file)
    path.chmod(0o600)
    return path
