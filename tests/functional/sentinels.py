# SPDX-License-Identifier: Apache-2.0
"""Two Redis servers and three Sentinels of a test's own."""

import subprocess
import time
from pathlib import Path

import redis

from tests.functional.client import free_port

SERVICE = "kic-vm"
PASSWORD = "of-this-test"


class Sentinels:
    """A Redis, a copy of it, and Sentinels that make the copy the master when the Redis is gone."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self.redis_ports = [free_port(), free_port()]
        self.ports = [free_port() for _number in range(3)]
        common = f"requirepass {PASSWORD}\nmasterauth {PASSWORD}\nsave ''\n"
        self._start(self.redis_ports[0], common)
        self._start(self.redis_ports[1], f"{common}replicaof 127.0.0.1 {self.redis_ports[0]}\n")
        for port in self.ports:
            self._start(
                port,
                f"sentinel monitor {SERVICE} 127.0.0.1 {self.redis_ports[0]} 2\n"
                f"sentinel auth-pass {SERVICE} {PASSWORD}\n"
                f"sentinel down-after-milliseconds {SERVICE} 1000\n"
                f"sentinel failover-timeout {SERVICE} 5000\n",
                "--sentinel",
            )

    @property
    def url(self) -> str:
        """The URL by which a gateway finds the master."""
        hosts = ",".join(f"127.0.0.1:{port}" for port in self.ports)
        return f"redis+sentinel://:{PASSWORD}@{hosts}/{SERVICE}/0"

    def _start(self, port: int, options: str, *arguments: str) -> None:
        path = self._directory / f"{port}.conf"
        path.write_text(
            f"port {port}\nbind 127.0.0.1\ndir {self._directory}\nlogfile {path}.log\n{options}"
        )
        self._processes[port] = subprocess.Popen(["redis-server", path, *arguments])

    def client(self, port: int) -> "redis.Redis[bytes]":
        """A client of one of the two Redis servers."""
        return redis.Redis(port=port, password=PASSWORD, socket_timeout=2)

    def wait(self) -> None:
        """Return when the copy is one and the Sentinels know each other and it."""
        end = time.monotonic() + 60
        while not self._is_complete():
            assert time.monotonic() < end, "the Sentinels did not find each other"
            time.sleep(0.2)

    def _is_complete(self) -> bool:
        try:
            for port in self.ports:
                client = redis.Redis(port=port, decode_responses=True)
                state = client.sentinel_master(SERVICE)  # type: ignore[no-untyped-call]
                if state["num-other-sentinels"] != 2 or state["num-slaves"] != 1:
                    return False
            copy = self.client(self.redis_ports[1]).info("replication")
        except redis.RedisError:
            return False
        return bool(copy["master_link_status"] == "up")

    def kill_master(self) -> None:
        """Let the first Redis be gone without a word."""
        self._processes[self.redis_ports[0]].kill()

    def stop(self) -> None:
        """End all that runs."""
        for process in self._processes.values():
            process.kill()
            process.wait(timeout=10)
