# SPDX-License-Identifier: Apache-2.0
"""Workers that follow the cloud for the gateway of a proof, and are killed and started again."""

import random
import secrets
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Final

from tests.functional import standalone
from tests.functional.client import KEY_PREFIX, Client

REDIS_SECRET: Final = secrets.token_hex(32)
"""Of the followers and the gateways. Without it, another one would be derived from the address of
Keystone, and only the gateways call Keystone through a proxy."""
GAP_AFTER: Final = 10
_INTERVAL: Final = 1
_STOP_SECONDS: Final = 60
_FOLLOWING_SECONDS: Final = 60
_SHOWN_CHARACTERS: Final = 1000
_DOWN_SECONDS: Final = (0.5, 4.0)


class Followers:
    """Some workers; the first one that acquires the lease follows.

    :param redis_url: of the gateway's Redis
    :param directory: for the configuration and the logs
    :param with_notifications: False: the workers read Nova's lists only
    """

    def __init__(
        self, redis_url: str, directory: Path, count: int, *, with_notifications: bool = True
    ) -> None:
        self._directory = directory
        self._count = count
        self._processes: list[subprocess.Popen[bytes]] = []
        self._lock = threading.Lock()
        self.configuration = directory / "followers.conf"
        lines = [
            f"[redis]\nurl = {redis_url}\nkey_prefix = {KEY_PREFIX}\nsecret = {REDIS_SECRET}",
            "[worker]\ninterval = 3600\nkeypairs_interval = 0",
            "[resize]\nconfirmation = manual",
            f"[history]\ninterval = {_INTERVAL}\ngap_after = {GAP_AFTER}",
        ]
        if not with_notifications:
            lines.append("transport_url =")
        self.configuration.touch(0o600)
        self.configuration.write_text("\n".join(lines) + "\n")

    @property
    def configurations(self) -> list[Path]:
        """The configuration files, in order."""
        return [standalone.DEMO / "kic-vm.conf", self.configuration]

    def start(self) -> None:
        """Start all of them."""
        self._processes = [self._start(number) for number in range(self._count)]

    def stop(self) -> None:
        """Stop all of them."""
        with self._lock:
            for process in self._processes:
                process.send_signal(signal.SIGTERM)
            for process in self._processes:
                process.wait(_STOP_SECONDS)
            self._processes = []

    def kill_one(self, chance: random.Random) -> float:
        """Kill one of them, and start it again after a moment; when it was killed."""
        with self._lock:
            if not self._processes:
                return time.time()
            number = chance.randrange(len(self._processes))
            process = self._processes[number]
            process.kill()
            process.wait()
            killed_at = time.time()
            time.sleep(chance.uniform(*_DOWN_SECONDS))
            self._processes[number] = self._start(number)
        return killed_at

    def wait_until_following(self, client: Client, since: float) -> None:
        """Return when the cloud has been followed until a time of this process."""
        end = time.monotonic() + _FOLLOWING_SECONDS
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(since))
        while (client.get("/api/v1/events")["followed_at"] or "") <= stamp:
            assert time.monotonic() < end, f"no worker follows: {self._last_lines()}"
            time.sleep(0.5)

    def _last_lines(self) -> str:
        """The ends of the workers' logs."""
        logs = sorted(self._directory.glob("follower-*.log"))
        return "\n".join(log.read_text()[-_SHOWN_CHARACTERS:] for log in logs)

    def _start(self, number: int) -> subprocess.Popen[bytes]:
        arguments = [f"--config-file={path}" for path in self.configurations]
        command = [sys.executable, "-m", "kic_vm.cmd.worker", *arguments]
        with (self._directory / f"follower-{number}.log").open("ab") as log:
            return subprocess.Popen(command, stderr=log, stdout=log)
