# SPDX-License-Identifier: Apache-2.0
"""A gateway in front of the replayed OpenStack. It needs no real service but a Redis of its own."""

import contextlib
import dataclasses
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import redis

from bench.gateway import Measured, gateway
from bench.project import BenchError
from tests.functional.client import free_port
from tests.functional.own_redis import running_redis

_START_SECONDS: Final = 60
# As the standalone's configuration; the passwords protect nothing.
_CONFIGURATION: Final = """\
[DEFAULT]
use_stderr = true
[keystone_authtoken]
www_authenticate_uri = {address}/identity/v3
service_type = kic-vm
service_token_roles = service
service_token_roles_required = true
{login}
[service_user]
send_service_user_token = true
{login}
[redis]
url = redis://127.0.0.1:{redis_port}/0
[availability_zones]
zones = kr-central-2-a:nova
[nova]
{endpoints}
[cinder]
{endpoints}
[glance]
{endpoints}
[neutron]
{endpoints}
[keystone]
{endpoints}
"""
_LOGIN: Final = """\
auth_type = password
auth_url = {address}/identity/v3
username = kic-vm
password = replayed
project_name = service
user_domain_name = Default
project_domain_name = Default
region_name = RegionOne
"""
_ENDPOINTS: Final = "region_name = RegionOne\nvalid_interfaces = public\n"


@dataclasses.dataclass(frozen=True)
class ReplayedCloud:
    """The replayed OpenStack and a Redis, for gateways."""

    address: str
    redis_port: int
    directory: Path

    @contextlib.contextmanager
    def gateway(self, **options: dict[str, str]) -> Iterator[Measured]:
        """A new gateway, which knows nothing yet.

        :param options: they override the configuration
        """
        path = self.directory / "replayed.conf"
        path.touch(0o600)
        path.write_text(
            _CONFIGURATION.format(
                address=self.address,
                redis_port=self.redis_port,
                login=_LOGIN.format(address=self.address),
                endpoints=_ENDPOINTS,
            )
        )
        with gateway(path, **options) as process:
            yield process

    def flush_redis(self) -> None:
        """Delete what previous gateways stored."""
        with redis.Redis(port=self.redis_port) as store:
            store.flushall()

    def redis_bytes(self) -> int:
        """The memory of the Redis."""
        with redis.Redis(port=self.redis_port) as store:
            return int(store.info("memory")["used_memory"])


@contextlib.contextmanager
def replayed_cloud(servers: int, latency: float) -> Iterator[ReplayedCloud]:
    """The replayed OpenStack, as long as the block runs.

    :param servers: instances of each project
    :param latency: seconds from each request to its response
    """
    with (
        tempfile.TemporaryDirectory() as name,
        running_redis(Path(name)) as redis_port,
        _replay(servers, latency) as address,
    ):
        yield ReplayedCloud(address, redis_port, Path(name))


@contextlib.contextmanager
def _replay(servers: int, latency: float) -> Iterator[str]:
    port = free_port()
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
