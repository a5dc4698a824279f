# SPDX-License-Identifier: Apache-2.0
"""What Prometheus reads of a gateway with several processes, and of a worker."""

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import requests
from prometheus_client.parser import text_string_to_metric_families

from tests.functional.client import Client, Gateway, free_port
from tests.functional.instances import Instances

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def read(port: int) -> Samples:
    """Every sample by name and labels."""
    response = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=30)
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/plain; version=")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples.get((name, frozenset(labels.items())), 0.0)


def directories() -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob("kic-vm-metrics-*"))


def test_processes_of_a_gateway(start_gateway: Callable[..., Gateway], member: Client) -> None:
    """They answer for all of them together, on a port with nothing else; nothing is left over."""
    before = directories()
    port = free_port()
    gateway = start_gateway(
        api={"workers": "3"},
        metrics={"port": str(port)},
        redis={"key_prefix": f"test-metrics-{port}:"},  # nothing is remembered yet
    )
    client = Client(gateway.url, str(member.session.headers["X-Auth-Token"]))
    for _number in range(30):  # each by a connection of its own, so that all processes have some
        requests.get(f"{gateway.url}/healthcheck", timeout=30)
    client.get("/api/v1/flavors")
    client.request("GET", "/api/v1/public-ips")
    seen = [read(port) for _number in range(10)]
    for samples in seen:
        requests_of = {"method": "GET", "status": "200"}
        name = "kic_vm_request_duration_seconds_count"
        # One more or more: how often the test has asked whether it is alive.
        assert value(samples, name, route="/healthcheck", **requests_of) >= 31
        assert value(samples, name, route="/api/v1/flavors", **requests_of) == 1
        assert value(samples, "kic_vm_rbac_refusals_total", rule="kic_vm:public_ips:list") == 1
        call = {"service": "compute", "operation": "GET /flavors/detail", "status": "200"}
        assert value(samples, "kic_vm_upstream_request_duration_seconds_count", **call) == 1
        for result in ("hit", "miss"):
            assert value(samples, "kic_vm_token_cache_lookups_total", result=result) == 1
    assert all(samples == seen[0] for samples in seen)
    assert requests.get(f"http://127.0.0.1:{port}/healthcheck", timeout=30).status_code == 404
    assert requests.get(f"{gateway.url}/metrics", timeout=30).status_code == 401
    (made,) = directories() - before
    assert gateway.stop() == 0
    assert not made.exists()


def test_worker(
    standalone: Path,
    instances: Instances,
    tmp_path: Path,
    eventually: Callable[[Callable[[], bool], float], None],
) -> None:
    """It tells its jobs, and the instances of the cloud in each documented state."""
    instances.make_active()
    port = free_port()
    more = tmp_path / "more.conf"
    more.write_text(
        f"[worker]\ninterval = 0.5\n[metrics]\nworker_port = {port}\n"
        "[redis]\nkey_prefix = test-worker:\n"
    )
    config: list[str | Path] = ["--config-file", standalone / "kic-vm.conf", "--config-file", more]
    process = subprocess.Popen(
        [sys.executable, "-m", "kic_vm.cmd.worker", *config], stderr=subprocess.DEVNULL
    )

    def has_ended_a_round() -> bool:
        try:
            return value(read(port), "kic_vm_worker_round_timestamp_seconds") > 0
        except requests.ConnectionError:
            return False

    try:
        eventually(has_ended_a_round, 60)
        samples = read(port)
    finally:
        process.terminate()
        assert process.wait(timeout=30) == 0
    states = {
        dict(labels)["state"]: number
        for (name, labels), number in samples.items()
        if name == "kic_vm_instances"
    }
    assert len(states) == 26
    assert states["Active"] >= 1
    for job in ("confirm_resizes", "remove_ports", "index_keypairs", "count_instances"):
        name = "kic_vm_worker_job_duration_seconds_count"
        assert value(samples, name, job=job, result="done") >= 1
