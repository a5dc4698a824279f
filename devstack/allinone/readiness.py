# SPDX-License-Identifier: Apache-2.0
"""Waits until the services know each other: an API that answers is not yet one that works."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from . import cinder, interrupt, nova
from .deployment import Deployment
from .errors import ServiceError, StandaloneError
from .processes import Processes
from .rest import Session


def wait(
    deployment: Deployment, admin: Session, processes: Processes, seconds: float = 120
) -> None:
    """Wait for every service's first report; a process that ends meanwhile is named."""
    end = time.monotonic() + seconds
    for what, ready in CHECKS.items():
        while True:
            problem = ""
            try:
                if ready(deployment, admin, processes):
                    break
            except StandaloneError as error:
                problem = f" ({error})"
            for name in processes.names():
                if not processes.alive(name):
                    raise ServiceError(name, "ended after its start", processes.log(name))
            if time.monotonic() > end:
                message = f"{what} did not become ready in {seconds:.0f} s{problem}"
                raise StandaloneError(message)
            interrupt.sleep(0.3)


def _reported(service: dict[str, Any], name: str, processes: Processes) -> bool:
    # a report from before a restart keeps a service "up" for a minute
    if service["state"] != "up":
        return False
    if service["updated_at"] is None:  # just registered
        return True
    reported = datetime.fromisoformat(service["updated_at"]).replace(tzinfo=UTC).timestamp()
    return reported >= processes.started(name) - 1


def _computes(deployment: Deployment, admin: Session, processes: Processes) -> bool:
    found = admin.call("nova", "GET", "/os-services?binary=nova-compute")["services"]
    services = {service["host"]: service for service in found}
    names = zip(deployment.computes, nova.compute_names(deployment), strict=True)
    return all(
        host in services and _reported(services[host], name, processes) for host, name in names
    )


def _nova_daemons(_: Deployment, admin: Session, processes: Processes) -> bool:
    return _daemons(admin.call("nova", "GET", "/os-services"), nova.DAEMONS, processes)


def _cinder_daemons(_: Deployment, admin: Session, processes: Processes) -> bool:
    if not _daemons(admin.call("cinder", "GET", "/os-services"), cinder.DAEMONS, processes):
        return False
    return bool(admin.call("cinder", "GET", "/scheduler-stats/get_pools")["pools"])


def _daemons(answer: dict[str, Any], names: tuple[str, ...], processes: Processes) -> bool:
    up = {
        service["binary"]
        for service in answer["services"]
        if service["binary"] in names and _reported(service, service["binary"], processes)
    }
    return up.issuperset(names)


def _providers(deployment: Deployment, admin: Session, _: Processes) -> bool:
    found = admin.call("placement", "GET", "/resource_providers")["resource_providers"]
    return len(found) >= len(deployment.computes)


def _chassis(deployment: Deployment, admin: Session, _: Processes) -> bool:
    agents = admin.call("neutron", "GET", "/agents")["agents"]
    alive = {agent["host"] for agent in agents if agent["alive"]}
    return alive.issuperset(deployment.computes)


CHECKS: dict[str, Callable[[Deployment, Session, Processes], bool]] = {
    "nova-conductor and nova-scheduler": _nova_daemons,
    "nova-compute": _computes,
    "the compute hosts' resource providers": _providers,
    "cinder-scheduler and cinder-volume": _cinder_daemons,
    "the network agents": _chassis,
}
