# SPDX-License-Identifier: Apache-2.0
"""A gateway and a worker in front of the standalone OpenStack, and a Prometheus that reads them."""

import contextlib
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import requests
import yaml

from doc.dashboard_picture.load import Load
from doc.real_runs import Demo, RunFailure
from tests.faults import kinds
from tests.faults.loop import LoopThread
from tests.faults.proxy import Proxy
from tests.faults.rules import Rule
from tests.functional.client import Gateway, free_port

JSON = dict[str, Any]

RULES: Final = Path(__file__).resolve().parents[2] / "etc/kic-vm/prometheus/kic-vm.rules.yaml"
SCRAPE_SECONDS: Final = 5
OUTAGE_SERVICE: Final = "block-storage"
OUTAGE_SECONDS: Final = 60
# The queries look back on five minutes: before that, their values only grow.
_WARM_UP_SECONDS: Final = 300
# The outage begins after this share of the rest, so that the panels show what follows it.
_OUTAGE_AT: Final = 0.4
_START_SECONDS: Final = 60
_SERVICES: Final = ("identity", OUTAGE_SERVICE)
# The load sends a little more, so that the panel of refusals shows the limit.
_READS: Final = "120/minute"


class Prometheus:
    """The HTTP API of a Prometheus."""

    def __init__(self, url: str) -> None:
        self._url = url

    def series(self, query: str, start: float, end: float, step: float) -> list[JSON]:
        """The series of a query as ``query_range`` answers: labels in ``metric``, and ``values``.

        :raises requests.HTTPError: Prometheus refuses the query
        """
        asked: JSON = {"query": query, "start": start, "end": end, "step": step}
        response = requests.get(f"{self._url}/api/v1/query_range", asked, timeout=60)
        response.raise_for_status()
        found: list[JSON] = response.json()["data"]["result"]
        return found

    def targets_up(self) -> int:
        """Number of targets that answer."""
        response = requests.get(f"{self._url}/api/v1/query", {"query": "sum(up)"}, timeout=60)
        result = response.json()["data"]["result"]
        return int(result[0]["value"][1]) if result else 0


@contextlib.contextmanager
def monitored(demo: Path, directory: Path, seconds: float) -> Iterator[Prometheus]:
    """A Prometheus that has read the gateway and the worker during a load of some minutes more.

    A proxy takes one service down for a minute. The cloud is not changed.

    :param demo: the directory of the credentials of the standalone OpenStack
    :param directory: for the files of the processes
    :param seconds: duration of the part of the load that is to be shown
    :raises RunFailure: a process does not start
    """
    cloud = Demo(demo)
    loop = LoopThread()
    proxy = Proxy(loop, _addresses(cloud))
    ports = {job: free_port() for job in ("kic-vm-api", "kic-vm-worker")}
    try:
        with (
            _gateway(cloud, directory, proxy, ports) as url,
            _worker(directory, ports["kic-vm-worker"]),
            _prometheus(directory, ports) as prometheus,
        ):
            _wait_until(lambda: prometheus.targets_up() == len(ports), "a target answers")
            end = time.monotonic() + _WARM_UP_SECONDS + seconds
            with Load(url, cloud).running():
                time.sleep(_WARM_UP_SECONDS + seconds * _OUTAGE_AT)
                with proxy.fault(Rule(kinds.REFUSE, frozenset({OUTAGE_SERVICE}))):
                    time.sleep(OUTAGE_SECONDS)
                time.sleep(max(0.0, end - time.monotonic()))
                yield prometheus
    finally:
        proxy.close()
        loop.stop()


def _addresses(cloud: Demo) -> dict[str, str]:
    """The addresses of the services that need a proxy, from the catalog."""
    identity = {"methods": ["application_credential"], "application_credential": cloud.credential}
    response = requests.post(
        f"{cloud.gateway}/identity/v3/auth/tokens",
        json={"auth": {"identity": identity}},
        timeout=60,
    )
    response.raise_for_status()
    return {
        service["type"]: endpoint["url"]
        for service in response.json()["token"]["catalog"]
        for endpoint in service["endpoints"]
        if service["type"] in _SERVICES and endpoint["interface"] == "public"
    }


@contextlib.contextmanager
def _gateway(cloud: Demo, directory: Path, proxy: Proxy, ports: dict[str, int]) -> Iterator[str]:
    identity = f"{proxy.address('identity')}/v3"
    options = {
        "api": {"workers": "2"},
        "keystone_authtoken": {"auth_url": identity, "www_authenticate_uri": identity},
        "service_user": {"auth_url": identity},
        # Another worker may follow the cloud and confirm resizes.
        "history": {"transport_url": ""},
        "resize": {"confirmation": "manual", "confirm_window": "86400"},
        "limits": {"reads_per_user": _READS},
        "metrics": {
            "port": str(ports["kic-vm-api"]),
            "worker_port": str(ports["kic-vm-worker"]),
            "instances_interval": str(SCRAPE_SECONDS),
        },
        "worker": {"interval": str(SCRAPE_SECONDS)},
        "redis": {"key_prefix": f"picture-{secrets.token_hex(4)}:"},
    }
    gateway = Gateway(cloud.configuration, directory, options)
    try:
        gateway.wait_until_alive()
        yield gateway.url
    finally:
        gateway.stop()


@contextlib.contextmanager
def _worker(directory: Path, port: int) -> Iterator[None]:
    command = Path(sys.executable).with_name("kic-vm-worker")
    with _process([command, "--config-file", directory / "kic-vm.conf"], directory / "worker.log"):
        _wait_until(lambda: _answers(f"http://127.0.0.1:{port}/metrics"), "the worker answers")
        yield


@contextlib.contextmanager
def _prometheus(directory: Path, ports: dict[str, int]) -> Iterator[Prometheus]:
    configuration = {
        "global": {
            "scrape_interval": f"{SCRAPE_SECONDS}s",
            "evaluation_interval": f"{SCRAPE_SECONDS}s",
        },
        "rule_files": [str(RULES)],
        "scrape_configs": [
            {"job_name": job, "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}
            for job, port in ports.items()
        ],
    }
    path = directory / "prometheus.yml"
    path.write_text(yaml.safe_dump(configuration))
    url = f"http://127.0.0.1:{free_port()}"
    command = [
        "prometheus",
        f"--config.file={path}",
        f"--storage.tsdb.path={directory / 'prometheus'}",
        f"--web.listen-address={url.removeprefix('http://')}",
    ]
    with _process(command, directory / "prometheus.log"):
        _wait_until(lambda: _answers(f"{url}/-/ready"), "Prometheus is ready")
        yield Prometheus(url)


@contextlib.contextmanager
def _process(command: list[Any], log: Path) -> Iterator[None]:
    environment = {key: value for key, value in os.environ.items() if key != "KIC_VM_CONFIG"}
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=10).ok
    except requests.RequestException:
        return False


def _wait_until(holds: Any, what: str) -> None:
    end = time.monotonic() + _START_SECONDS
    while not holds():
        if time.monotonic() > end:
            raise RunFailure(f"not within {_START_SECONDS} s: {what}")
        time.sleep(0.5)
