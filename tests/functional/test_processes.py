# SPDX-License-Identifier: Apache-2.0
"""The processes of a gateway share its clients."""

import socket
import time
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from tests.functional.client import Gateway
from tests.functional.lone_gateway import lone_gateway

_CONNECTIONS: Final = 64
_THREADS: Final = 32
_PAUSE: Final = 0.005
"""Seconds between two new connections, so that each one wakes the processes anew."""


def sockets(process: int) -> int:
    """The number of a process's sockets."""
    descriptors = Path(f"/proc/{process}/fd").iterdir()
    return sum(str(descriptor.readlink()).startswith("socket:") for descriptor in descriptors)


def settled_sockets(processes: list[int]) -> dict[int, int]:
    """The sockets of each process, when those of earlier requests are closed."""
    counts: dict[int, int] = {}
    while counts != (counts := {process: sockets(process) for process in processes}):
        time.sleep(1)
    return counts


def workers(gateway: Gateway) -> list[int]:
    """The ids of the processes that answer requests."""
    pid = gateway.process.pid
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def wait_until_all_serve(processes: list[int]) -> None:
    """Return when each process has the threads that answer requests."""
    for process in processes:
        while len(list(Path(f"/proc/{process}/task").iterdir())) <= _THREADS:
            time.sleep(0.1)


def test_connections_are_shared(tmp_path: Path) -> None:
    """Clients that connect one after another do not all meet the same process."""
    with lone_gateway(tmp_path) as gateway:
        address = urlsplit(gateway.url)
        processes = workers(gateway)
        wait_until_all_serve(processes)
        before = settled_sockets(processes)
        clients = []
        for _number in range(_CONNECTIONS):
            clients.append(socket.create_connection((address.hostname, address.port)))
            time.sleep(_PAUSE)
        time.sleep(0.5)
        shares = [sockets(process) - before[process] for process in processes]
        for client in clients:
            client.close()
    assert sum(shares) == _CONNECTIONS
    assert min(shares) >= _CONNECTIONS // 8
