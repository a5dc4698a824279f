# SPDX-License-Identifier: Apache-2.0
"""A lane: a project, a gateway and proxies of one experiment's own, beside other lanes."""

import contextlib
import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import openstack
import redis
import requests

from bench import project as bench_project
from tests.faults.inventory import Reader
from tests.faults.loop import LoopThread
from tests.faults.proxy import Proxy
from tests.faults.redis_proxy import RedisProxy
from tests.faults.removal import Removal
from tests.functional import standalone
from tests.functional.client import Client, Gateway
from tests.functional.own_redis import running_redis

JSON = dict[str, Any]

SERVICES: Final = ("identity", "compute", "block-storage", "image", "network")
UPSTREAM_SECONDS: Final = int(os.environ.get("KIC_VM_FAULTS_TIMEOUT", "8"))
"""How long the gateway waits for a service; a machine with much to do needs more."""
REQUEST_SECONDS: Final = 2 * UPSTREAM_SECONDS
"""The deadline of a request to the gateway."""
_START_ATTEMPTS: Final = 5


class Lane:
    """What an experiment needs; other experiments may run in other lanes at the same time."""

    def __init__(
        self,
        project: bench_project.Project,
        proxy: Proxy,
        redis_proxy: RedisProxy,
        store: "redis.Redis[bytes]",
        directory: Path,
    ) -> None:
        self.project = project
        self.cloud = project.cloud
        self.operator = project.operator
        self.proxy = proxy
        self.redis_proxy = redis_proxy
        self.store = store
        self.reader = Reader(
            project.operator, str(self.cloud.current_project_id), [str(self.cloud.current_user_id)]
        )
        self.initial = self.reader.read()
        self._directory = directory
        self.gateways: list[Gateway] = []
        self.gateway = self.start_gateway()

    def start_gateway(self, **options: dict[str, str]) -> Gateway:
        """One more gateway behind the proxies, which answers."""
        identity = f"{self.proxy.address('identity')}/v3"
        given = {
            "keystone_authtoken": {"auth_url": identity, "www_authenticate_uri": identity},
            "service_user": {
                "auth_url": identity,
                "timeout": str(UPSTREAM_SECONDS),
                # What one experiment breaks must not be held against the next one.
                "circuit_failures": "0",
            },
            "api": {"request_timeout": str(REQUEST_SECONDS)},
            "redis": {"url": self.redis_proxy.url},
            "resize": {"confirmation": "manual"},
        }
        directory = self._directory / str(len(self.gateways))
        directory.mkdir()
        for group, values in options.items():
            given[group] = given.get(group, {}) | values
        gateway = Gateway(standalone.DEMO / "kic-vm.conf", directory, given)
        self.gateways.append(gateway)
        for _attempt in range(_START_ATTEMPTS):
            with contextlib.suppress(requests.Timeout):  # the machine has much to do
                gateway.wait_until_alive()
                break
        return gateway

    def kill_gateway(self) -> None:
        """End the gateway and its workers with SIGKILL."""
        os.killpg(self.gateway.process.pid, signal.SIGKILL)
        self.gateway.process.wait()

    def restart_gateway(self) -> None:
        """Have another gateway take the place of the first."""
        if self.gateway.process.poll() is None:
            self.gateway.stop()
        self.gateway = self.start_gateway()

    def client(self) -> Client:
        """A client of the gateway with the token of the project's user, for this thread."""
        return Client(self.gateway.url, self.cloud.auth_token)

    def stop(self) -> None:
        """Stop the gateways, and remove what experiments have made."""
        for gateway in self.gateways:
            gateway.stop()
        Removal(self.reader, self.initial).run()


def service_addresses(cloud: openstack.connection.Connection) -> dict[str, str]:
    """The services' addresses in the catalog."""
    return {
        service: str(cloud.session.get_endpoint(service_type=service, interface="public"))
        for service in SERVICES
    }


@contextlib.contextmanager
def opened(loop: LoopThread) -> Iterator[Lane]:
    """A lane; all that is its own is removed in the end."""
    operator = standalone.connect("kic-operator")
    with (
        tempfile.TemporaryDirectory() as directory,
        bench_project.temporary(operator, "faults", "manager") as project,
        running_redis(Path(directory)) as port,
    ):
        _lift_quotas(operator, str(project.cloud.current_project_id))
        proxy = Proxy(loop, service_addresses(project.cloud))
        redis_proxy = RedisProxy(loop, port)
        try:
            lane = Lane(project, proxy, redis_proxy, redis.Redis(port=port), Path(directory))
            try:
                yield lane
            finally:
                lane.stop()
        finally:
            proxy.close()
            redis_proxy.close()


def _lift_quotas(operator: openstack.connection.Connection, project_id: str) -> None:
    kinds = ("network", "subnet", "router", "security_group", "security_group_rule")
    operator.set_network_quotas(project_id, **dict.fromkeys(kinds, -1))
    operator.set_volume_quotas(project_id, snapshots=-1)
    operator.set_compute_quotas(project_id, key_pairs=-1)
