# SPDX-License-Identifier: Apache-2.0
"""A Redis server that a test or a benchmark starts for itself."""

import contextlib
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import redis

from tests.functional.client import free_port

_START_SECONDS: Final = 20


@contextlib.contextmanager
def running_redis(directory: Path) -> Iterator[int]:
    """The port of a Redis server without persistence, which is stopped at the end.

    :param directory: the directory of its log
    """
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    log = directory / "redis.log"
    process = subprocess.Popen([*command, "--dir", directory, "--logfile", log])
    try:
        store = redis.Redis(port=port)
        end = time.monotonic() + _START_SECONDS
        while True:
            with contextlib.suppress(redis.ConnectionError):
                store.ping()
                break
            assert time.monotonic() < end, "the Redis server does not start"
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait()
