# SPDX-License-Identifier: Apache-2.0
"""The parts of the bench: on the real OpenStack, on the replayed one, and the process itself."""

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import openstack

from bench import ages, cases, gateway, load, project, raw
from bench.measure import SLOW, interleaved
from bench.services import TOKEN
from bench.world import World
from tests.functional import standalone

JSON = dict[str, Any]

LATENCY: Final = 0.02
_SERVICES: Final = ("compute", "block-storage", "network", "image")


def live(base: Path, servers: int, rounds: int) -> JSON:
    """On the standalone OpenStack, with machines that are made for it."""
    operator = standalone.connect("kic-operator")
    with project.temporary(operator) as own, gateway.gateway(base) as process:
        project.boot(own, servers)
        token = str(own.cloud.session.get_token())
        cloud = cases.Cloud(
            client=process.client(token),
            raw=raw.Raw(_endpoints(own.cloud), token),
            sdk=own.cloud,
            project_id=str(own.cloud.current_project_id),
            server=own.cloud.compute.get("/servers/detail?limit=1").json()["servers"][0],
            command=_command(own),
        )
        found: JSON = {name: interleaved(ways, rounds) for name, ways in cases.cases(cloud).items()}
        found["create"] = interleaved(_creations(own, cloud), max(2, rounds // 5))
        return {"servers": servers, "cases": found}


def replayed(base: Path, servers: int, rounds: int, *, is_quick: bool = False) -> JSON:
    """On recorded answers, scaled, with a latency; and what the process spends on it.

    :param is_quick: without what is slow: openstacksdk takes a minute for 10,000 machines
    """
    with _replayed(base, servers, LATENCY) as (process, address):
        sdk = openstack.connect(
            auth={
                "auth_url": f"{address}/identity/v3",
                "username": "bench",
                "password": "replayed",
                "project_name": "bench",
                "user_domain_name": "Default",
                "project_domain_name": "Default",
            },
            region_name="RegionOne",
        )
        cloud = cases.Cloud(
            client=process.client(),
            raw=raw.Raw(_endpoints(sdk), TOKEN),
            sdk=sdk,
            project_id=str(sdk.current_project_id),
            server=World(servers).lists.servers["2.90"][servers // 2],
        )
        found = {
            name: interleaved(
                {name: way for name, way in ways.items() if not (is_quick and name.endswith(SLOW))},
                rounds,
            )
            for name, ways in cases.cases(cloud).items()
        }
        get = f"/api/v1/instances/{cloud.server['id']}"
        cpu = {
            "get": _cpu(process, partial(cloud.client.get, get), 200),
            "list": _cpu(process, partial(cloud.client.get, "/api/v1/instances", limit=1000), 10),
        }
        return {"servers": servers, "latency": LATENCY, "cases": found, "cpu": cpu}


def loaded(base: Path, seconds: float) -> JSON:
    """Many clients on one worker process: throughput, the slowest, and errors."""
    found: JSON = {}
    for threads in (1, 16, 32):
        with _replayed(base, 1000, LATENCY, api={"threads": str(threads)}) as (process, _address):
            path = _a_get(process)
            for clients in (32, 200) if threads > 1 else (32,):
                run = load.run(process.url, path, TOKEN, clients, seconds)
                found[f"{threads} threads, {clients} clients"] = run
    return found


def aged(base: Path, seconds: float) -> JSON:
    """Responses from known lists, and many clients that poll; as ``ages`` measures them."""
    found: JSON = {"projects": []}
    for servers in (1000, 10_000):
        # The lists are to last as long as the measure.
        with _replayed(base, servers, LATENCY, api={"max_age": "3600"}) as (process, _address):
            found["projects"].append(ages.one_client(process, servers, 1000))
            if servers == 1000:
                found["consoles"] = ages.consoles(process, seconds)
    return found


def lasting(base: Path, requests: int) -> JSON:
    """What a busy worker spends on many gets, its memory, and how soon it answered the first."""
    clients, parts = 8, 10
    with _replayed(base, 1000, 0) as (process, _address):
        found: JSON = {"first_answer": process.first_answer_seconds, "resident": []}
        path = _a_get(process)
        begin = process.cpu_seconds()
        for _part in range(parts):
            run = load.run(process.url, path, TOKEN, clients, 3600, requests // parts // clients)
            found["resident"].append(process.resident_bytes())
            found["errors"] = found.get("errors", 0) + run["errors"]
            found["requests"] = found.get("requests", 0) + run["requests"]
        found["cpu"] = (process.cpu_seconds() - begin) / found["requests"]
        return found


@contextlib.contextmanager
def _replayed(
    base: Path, servers: int, latency: float, **options: dict[str, str]
) -> Iterator[tuple[gateway.Measured, str]]:
    with tempfile.TemporaryDirectory() as directory, gateway.replay(servers, latency) as address:
        configuration = gateway.configuration(Path(directory), base, address)
        with gateway.gateway(configuration, **options) as process:
            yield process, address


def _a_get(process: gateway.Measured) -> str:
    listed = process.client().get("/api/v1/instances", limit=1)["instances"]
    path = f"/api/v1/instances/{listed[0]['id']}"
    process.client().get(path)
    return path


def _cpu(process: gateway.Measured, ask: Callable[[], object], times: int) -> float:
    begin = process.cpu_seconds()
    for _time in range(times):
        ask()
    return (process.cpu_seconds() - begin) / times


def _endpoints(cloud: openstack.connection.Connection) -> dict[str, str]:
    return {
        service: str(cloud.session.get_endpoint(service_type=service, interface="public"))
        for service in _SERVICES
    }


def _command(own: project.Project) -> Callable[..., object]:
    environment = (
        os.environ
        | {"OS_" + name.upper(): value for name, value in own.login.items()}
        | {"OS_REGION_NAME": own.cloud.config.get_region_name(), "OS_IDENTITY_API_VERSION": "3"}
    )
    program = standalone.DIRECTORY / "venv/bin/openstack"

    def run(*arguments: str) -> None:
        subprocess.run([program, *arguments], env=environment, check=True, capture_output=True)

    return run


def _creations(own: project.Project, cloud: cases.Cloud) -> dict[str, Callable[[], object]]:
    """Both ask for a machine; neither waits for it."""
    body = {
        "name": "created",
        "flavor_id": own.flavor_id,
        "image_id": own.image_id,
        "subnets": [{"id": own.subnet_id}],
        "volumes": [{"size": 2}],
        "security_groups": None,
    }

    def nova() -> None:
        answer = own.cloud.compute.post(
            "/servers", json={"server": project.server_body(own, "created")}, microversion="2.67"
        )
        if answer.status_code != 202:
            raise project.BenchError(f"Nova refuses a machine: {answer.text}")

    def ours() -> None:
        cloud.client.create_instance(body)

    return {cases.GATEWAY: ours, "raw creation, nothing checked": nova}
