# SPDX-License-Identifier: Apache-2.0
"""Workers that follow the cloud for the gateway of the tests."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.functional.client import KEY_PREFIX, Client

EVENTS = "/api/v1/events"
GAP_AFTER = 5

Start = Callable[[], subprocess.Popen[str]]


@contextmanager
def workers(base: Path, directory: Path) -> Iterator[Start]:
    """Start workers that follow, and do little else; they are stopped in the end.

    :param base: the configuration of the standalone OpenStack
    :param directory: for their configuration and their logs
    """
    more = directory / "more.conf"
    more.write_text(
        f"[redis]\nkey_prefix = {KEY_PREFIX}\n[worker]\ninterval = 3600\nkeypairs_interval = 0\n"
        f"[history]\ninterval = 1\ngap_after = {GAP_AFTER}\n"
    )
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        config: list[str | Path] = ["--config-file", base, "--config-file", more]
        command = [sys.executable, "-m", "kic_vm.cmd.worker", *config]
        with (directory / f"worker-{len(started)}.log").open("w") as log:
            started.append(subprocess.Popen(command, stderr=log, text=True))
        return started[-1]

    try:
        yield start
    finally:
        for worker in started:
            worker.send_signal(signal.SIGTERM)
        for worker in started:
            # A worker that has not started yet does not handle the signal.
            assert worker.wait(timeout=60) in {0, -signal.SIGKILL, -signal.SIGTERM}


def begin(client: Client) -> str:
    """A cursor, when a worker follows."""
    # Redis remembers the last time of earlier workers.
    earlier = client.get(EVENTS)["followed_at"]
    end = time.monotonic() + 60
    while True:
        body = client.get(EVENTS)
        if body["followed_at"] != earlier:
            return str(body["cursor"])
        assert time.monotonic() < end, "no worker follows"
        time.sleep(0.2)
