# SPDX-License-Identifier: Apache-2.0
"""The parts of the bench: on the real OpenStack, on the replayed one, and the process itself."""

import contextlib
import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import openstack

from bench import ages, cases, gateway, growth, load, many_projects, project, raw, skyline, upstream
from bench.measure import SLOW, interleaved
from bench.replayed_cloud import replayed_cloud
from bench.tenants import TOKEN
from bench.world import World
from tests.functional import standalone

JSON = dict[str, Any]

LATENCY: Final = 0.02
# [api] max_age_memory: the default, and more than the lists of 200 projects.
_MEMORY_LIMITS: Final = (256, 1024)
# The lists are to last as long as the measurement.
_LASTING_LISTS: Final = {"max_age": "3600"}
_SERVICES: Final = ("compute", "block-storage", "network", "image", "identity")


def live(demo: Path, servers: int, rounds: int) -> JSON:
    """On the standalone OpenStack, with machines that are made for it.

    :param demo: the directory of its credentials
    """
    operator = standalone.connect("kic-operator")
    base = demo / "kic-vm.conf"
    with contextlib.ExitStack() as stack:
        own = stack.enter_context(project.temporary(operator))
        process = stack.enter_context(gateway.gateway(base, api=_LASTING_LISTS))
        project.boot(own, servers)
        token = str(own.cloud.session.get_token())
        login = _operator_login(operator)
        peer = stack.enter_context(skyline.running_if_possible(login, token, servers))
        cloud = cases.Cloud(
            client=process.client(token),
            raw=raw.Raw(_endpoints(own.cloud), token),
            sdk=own.cloud,
            project_id=str(own.cloud.current_project_id),
            server=own.cloud.compute.get("/servers/detail?limit=1").json()["servers"][0],
            command=_command(own),
            skyline=None if isinstance(peer, str) else peer,
        )
        found: JSON = {name: interleaved(ways, rounds) for name, ways in cases.cases(cloud).items()}
        found["create"] = interleaved(_creations(own, cloud), max(2, rounds // 5))
        return {"servers": servers, "cases": found, "skyline": skyline.described(peer)}


def replayed(servers: int, rounds: int, *, is_quick: bool = False) -> JSON:
    """On recorded answers, scaled, with a latency; and what the process spends on it.

    :param is_quick: without what is slow: openstacksdk takes a minute for 10,000 machines
    """
    with (
        _replayed(servers, LATENCY, api=_LASTING_LISTS) as (process, address),
        skyline.running_if_possible(_replayed_login(address), TOKEN, servers) as peer,
    ):
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
            skyline=None if isinstance(peer, str) else peer,
        )
        measured = {
            case: {
                name: way for name, way in ways.items() if not (is_quick and name.endswith(SLOW))
            }
            for case, ways in cases.cases(cloud).items()
        }
        calls = {case: upstream.calls(address, ways) for case, ways in measured.items()}
        found = {case: interleaved(ways, rounds) for case, ways in measured.items()}
        upstream.check_paths(address)
        get = f"/api/v1/instances/{cloud.server['id']}"
        cpu = {
            "get": _cpu(process, partial(cloud.client.get, get), 200),
            "list": _cpu(process, partial(cloud.client.get, "/api/v1/instances", limit=1000), 10),
        }
        return {
            "servers": servers,
            "latency": LATENCY,
            "cases": found,
            "cpu": cpu,
            "calls": calls,
            "skyline": skyline.described(peer),
        }


def loaded(seconds: float) -> JSON:
    """Many clients on one worker process: throughput, the slowest, and errors."""
    found: JSON = {}
    for threads in (1, 16, 32):
        with _replayed(1000, LATENCY, api={"threads": str(threads)}) as (process, _address):
            path = _a_get(process)
            for clients in (32, 200) if threads > 1 else (32,):
                run = load.run(process.url, path, TOKEN, clients, seconds)
                found[f"{threads} threads, {clients} clients"] = run
    return found


def aged(seconds: float) -> JSON:
    """Responses from known lists, and many clients that poll; as ``ages`` measures them."""
    found: JSON = {"projects": []}
    for servers in (1000, 10_000):
        with _replayed(servers, LATENCY, api=_LASTING_LISTS) as (process, _address):
            found["projects"].append(ages.one_client(process, servers, 1000))
            if servers == 1000:
                found["consoles"] = ages.consoles(process, seconds)
    return found


def crowded(
    seconds: float, *, servers: int = 1000, clients: int = 1000, polled: int = 50, kept: int = 200
) -> JSON:
    """Many clients of many projects, and the memory of many projects; see ``many_projects``.

    :param polled: projects that the clients read
    :param kept: projects for the measurement of the memory
    """
    found: JSON = {"servers": servers, "memory": {}}
    with replayed_cloud(servers, LATENCY) as cloud:
        with cloud.gateway(api={"workers": str(many_projects.WORKERS)}) as process:
            found["clients"] = many_projects.clients(process, polled, clients, seconds)
        for limit in _MEMORY_LIMITS:
            options = {**_LASTING_LISTS, "max_age_memory": str(limit)}
            with cloud.gateway(api=options) as process:
                found["memory"][str(limit)] = many_projects.memory(cloud, process, kept)
    return found


def growing(sizes: Sequence[int] = (100, 1000, 10_000)) -> JSON:
    """What lists and pages cost in projects of different sizes; see ``growth``."""
    found: JSON = {"sizes": list(sizes), "ways": {way.name: [] for way in growth.WAYS}}
    for servers in sizes:
        with replayed_cloud(servers, LATENCY) as cloud:
            for way in growth.WAYS:
                with cloud.gateway(api=_LASTING_LISTS) as process:
                    found["ways"][way.name].append(growth.measure(process, way, servers))
    return found


def lasting(requests: int) -> JSON:
    """What a busy worker spends on many gets, its memory, and how soon it answered the first."""
    clients, parts = 8, 10
    with _replayed(1000, 0) as (process, _address):
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
    servers: int, latency: float, **options: dict[str, str]
) -> Iterator[tuple[gateway.Measured, str]]:
    with replayed_cloud(servers, latency) as cloud, cloud.gateway(**options) as process:
        yield process, cloud.address


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


def _replayed_login(address: str) -> skyline.Login:
    return skyline.Login(
        identity=f"{address}/identity/v3",
        region="RegionOne",
        username="skyline",
        password="replayed",  # noqa: S106 - protects nothing
        project_name="service",
        user_domain_name="Default",
        project_domain_name="Default",
    )


def _operator_login(operator: openstack.connection.Connection) -> skyline.Login:
    arguments = operator.config.get_auth_args()
    names = ("username", "password", "project_name", "user_domain_name", "project_domain_name")
    return skyline.Login(
        identity=_endpoints(operator)["identity"],
        region=str(operator.config.get_region_name()),
        **{name: str(arguments[name]) for name in names},
    )


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
