# SPDX-License-Identifier: Apache-2.0
"""A new project with one resource of each kind, and the users who send requests.

KIC_VM_FUZZ_SEED sets the seed. KIC_VM_FUZZ_RUNS names a file for the numbers of each run, and
KIC_VM_FUZZ_OUTPUT one for a table of all of them: as many requests as are wanted can be sent in
several runs with different seeds.
"""

import dataclasses
import os
import secrets
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import openstack
import pytest
import schemathesis
from xdist.workermanage import WorkerController

from tests.faults.results import current_commit
from tests.functional import connections
from tests.functional.client import Client, Gateway
from tests.functional.conftest import cloud, gateway, standalone, start_gateway
from tests.functional.volumes import ZONE
from tests.fuzz import responses

__all__ = ["cloud", "gateway", "standalone", "start_gateway"]
Connect = Callable[[str], openstack.connection.Connection]
Connection = openstack.connection.Connection
SEED: Final = int(os.environ.get("KIC_VM_FUZZ_SEED", "1"))
NAME = f"fuzz-{uuid.uuid4().hex[:8]}"
ADMIN = "admin"
STRANGER = "stranger"
NOBODY = "nobody"
ROLES = {
    ADMIN: ("manager", "member", "reader"),
    "member": ("member", "reader"),
    "reader": ("reader",),
    STRANGER: ("member", "reader"),
}


@dataclasses.dataclass(frozen=True, slots=True)
class Persona:
    """Somebody who sends requests."""

    name: str
    connection: Connection | None
    """To OpenStack itself, as this user; None without a token."""

    @property
    def token(self) -> str | None:
        """A valid token, renewed if necessary."""
        return self.connection.auth_token if self.connection else None

    def __repr__(self) -> str:
        """The name, which is all that a failed test shows."""
        return self.name


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Pass what a process of pytest-xdist has counted on to the main process."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["responses"] = responses.counted()


def pytest_testnodedown(node: WorkerController) -> None:
    """Add what a process of pytest-xdist has counted; nothing if it has crashed."""
    responses.add(getattr(node, "workeroutput", {}).get("responses", ()))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """In the end, show how many responses each persona got, by status."""
    is_main = not hasattr(terminalreporter.config, "workerinput")
    if is_main and (counts := responses.counted()):
        ended = {name: len(terminalreporter.getreports(name)) for name in ("passed", "failed")}
        run = responses.Run(
            seed=SEED,
            commit=current_commit(),
            tests=sum(ended.values()),
            failed=ended["failed"],
            counts=counts,
        )
        table = responses.write(run, _path("KIC_VM_FUZZ_RUNS"), _path("KIC_VM_FUZZ_OUTPUT"))
        terminalreporter.write(f"\n{table}\n")


def _path(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return Path(value) if value else None


@pytest.fixture(scope="session")
def personas(standalone: Path, cloud: Connect) -> Iterator[dict[str, Persona]]:
    """The users of a new project, by name: all that they make is removed in the end.

    ``stranger`` is a member of another new project.
    """
    identity = connections.identity(cloud("kic-operator"))
    member = cloud("kic-member")
    domain_id = connections.identity(member).get_user(connections.user_id(member)).domain_id
    loader = openstack.config.OpenStackConfig(config_files=[str(standalone / "clouds.yaml")])
    config = loader.get_one("kic-member").config
    projects = [
        identity.create_project(name=name, domain_id=domain_id) for name in (NAME, f"{NAME}-2")
    ]
    connected: dict[str, Connection] = {}
    for name, roles in ROLES.items():
        project = projects[name == STRANGER]
        password = secrets.token_hex(16)
        user = identity.create_user(name=f"{NAME}-{name}", domain_id=domain_id, password=password)
        for role in roles:
            identity.assign_project_role_to_user(
                project, user, identity.find_role(role, ignore_missing=False)
            )
        auth = {
            "auth_url": config["auth"]["auth_url"],
            "username": user.name,
            "password": password,
            "project_id": project.id,
            "user_domain_id": domain_id,
        }
        connected[name] = openstack.connect(auth=auth, region_name=config.get("region_name"))
    made = {name: Persona(name, connection) for name, connection in connected.items()}
    yield made | {NOBODY: Persona(NOBODY, None)}
    for connection in connected.values():
        for keypair in connection.compute.keypairs():
            connection.compute.delete_keypair(keypair)
    for name in (ADMIN, STRANGER):
        _purge(connected[name])
    for connection in connected.values():
        identity.delete_user(connections.user_id(connection))
    for project in projects:
        identity.delete_project(project)


@pytest.fixture(scope="session")
def admin(personas: dict[str, Persona]) -> Connection:
    """The admin of the new project."""
    connection = personas[ADMIN].connection
    assert connection
    return connection


def _purge(connection: Connection) -> None:
    glance = connections.image(connection)
    for image in glance.images(owner=connection.current_project_id):
        glance.update_image(image, is_protected=False)
        glance.delete_image(image)
    for _attempt in range(3):  # what hangs together goes one after the other
        connection.project_cleanup(dry_run=False, wait_timeout=120)
        time.sleep(2)


@pytest.fixture(scope="session")
def ids(gateway: Gateway, admin: Connection) -> dict[str, str]:
    """One resource of each kind that is really there, by the name its id has in paths."""
    client = Client(gateway.url, admin.auth_token)

    def make(path: str, body: dict[str, Any]) -> dict[str, Any]:
        response = client.request("POST", f"/api/v1/{path}", json=body)
        assert response.status_code < 300, response.text
        made: dict[str, Any] = next(iter(response.json().values()))
        return made

    vpc = make("vpcs", {"vpc": {"name": NAME, "cidr_block": "10.90.0.0/16"}})
    where = {"cidr_block": "10.90.0.0/20", "availability_zone": ZONE}
    subnet = make("subnets", {"subnet": {"name": NAME, "vpc_id": vpc["id"]} | where})
    group = make("security-groups", {"security_group": {"name": NAME}})
    interface = {"name": NAME, "subnet_id": subnet["id"], "security_groups": [group["id"]]}
    volume = {"name": NAME, "size": 1, "availability_zone": ZONE}
    keypair = make("keypairs", {"keypair": {"name": NAME}})
    server = client.instance_body(subnet["id"])
    found = {
        "flavor_id": server["flavor_id"],
        "image_id": server["image_id"],
        "instance_id": make("instances", {"instance": server})["id"],
        "keypair_name": keypair["name"],
        "network_interface_id": make("network-interfaces", {"network_interface": interface})["id"],
        "project_id": admin.current_project_id,
        "public_ip_id": make("public-ips", {"public_ip": {}})["id"],
        "security_group_id": group["id"],
        "subnet_id": subnet["id"],
        "volume_id": make("volumes", {"volume": volume})["id"],
        "vpc_id": vpc["id"],
    }
    tables = client.get("/api/v1/route-tables", vpc_id=vpc["id"])["vpc_route_tables"]
    found["route_table_id"] = tables[0]["id"]
    client.watch(found["instance_id"], "active", "error")
    snapshot = {"snapshot": {"name": NAME, "is_incremental": False}}
    found["snapshot_id"] = make(f"volumes/{found['volume_id']}/snapshots", snapshot)["id"]
    return found


@pytest.fixture(scope="session")
def document(gateway: Gateway) -> Any:
    """What the gateway says of itself."""
    return schemathesis.openapi.from_url(f"{gateway.url}/openapi.json")
