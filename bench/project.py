# SPDX-License-Identifier: Apache-2.0
"""A project of the bench's own in a real OpenStack, with machines in it."""

import contextlib
import dataclasses
import secrets
import time
from collections.abc import Iterator
from typing import Any, Final

import openstack

from tests.functional.instances import CINDER_RACE

JSON = dict[str, Any]

_DOMAIN: Final = "demo"
_FLAVOR: Final = "t1i.micro"
_BATCH: Final = 10
_BUILD_SECONDS: Final = 600
_GONE_SECONDS: Final = 300


class BenchError(Exception):
    """The bench cannot go on; the sentence says why."""


@dataclasses.dataclass(frozen=True)
class Project:
    """A project, with its only user."""

    cloud: openstack.connection.Connection
    """As its user."""
    operator: openstack.connection.Connection
    """As the cloud's administrator."""
    login: JSON
    """The user's, as keystoneauth's password plugin takes it."""
    network_id: str
    subnet_id: str
    image_id: str
    flavor_id: str


@contextlib.contextmanager
def temporary(
    operator: openstack.connection.Connection, prefix: str = "bench", role: str = "member"
) -> Iterator[Project]:
    """A project with quotas for anything and a network; all of it is removed in the end.

    :param prefix: of its name
    :param role: of its only user
    """
    name = f"{prefix}-{secrets.token_hex(4)}"
    identity: Any = operator.identity  # typed by openstacksdk as that of either version
    domain = identity.find_domain(_DOMAIN, ignore_missing=False).id
    project = identity.create_project(name=name, domain_id=domain)
    password = secrets.token_urlsafe(24)
    user = identity.create_user(name=name, password=password, domain_id=domain)
    try:
        granted = identity.find_role(role, ignore_missing=False)
        identity.assign_project_role_to_user(project, user, granted)
        operator.set_compute_quotas(project.id, instances=-1, cores=-1, ram=-1)
        operator.set_volume_quotas(project.id, volumes=-1, gigabytes=-1)
        operator.set_network_quotas(project.id, port=-1, floatingip=-1)
        login = {
            "auth_url": operator.config.get_auth_args()["auth_url"],
            "username": name,
            "password": password,
            "project_name": name,
            "user_domain_name": _DOMAIN,
            "project_domain_name": _DOMAIN,
        }
        cloud = openstack.connect(auth=login, region_name=operator.config.get_region_name())
        try:
            yield _furnish(cloud, operator, login)
        finally:
            _clear(cloud)
    finally:
        for group in operator.network.security_groups(project_id=project.id):
            operator.network.delete_security_group(group)  # the default one, which only admins may
        identity.delete_user(user)
        identity.delete_project(project)


def _furnish(
    cloud: openstack.connection.Connection,
    operator: openstack.connection.Connection,
    login: JSON,
) -> Project:
    network = cloud.network.create_network(name="bench")
    subnet = cloud.network.create_subnet(
        network_id=network.id, ip_version=4, cidr="10.99.0.0/16", name="bench"
    )
    images = [image for image in cloud.image.images() if image.visibility == "public"]
    smallest = min(images, key=lambda image: image.size or 0)
    flavor = cloud.compute.find_flavor(_FLAVOR, ignore_missing=False)
    return Project(cloud, operator, login, network.id, subnet.id, smallest.id, flavor.id)


def server_body(project: Project, name: str) -> JSON:
    """A machine that boots from a volume, as Nova is asked for it."""
    return {
        "name": name,
        "flavorRef": project.flavor_id,
        "networks": [{"uuid": project.network_id}],
        "block_device_mapping_v2": [
            {
                "boot_index": 0,
                "source_type": "image",
                "destination_type": "volume",
                "uuid": project.image_id,
                "volume_size": 2,
                "delete_on_termination": True,
            }
        ],
    }


def boot(project: Project, count: int) -> None:
    """Have ``count`` active machines, some at a time: what Cinder's race hits is made anew.

    :raises BenchError: a build fails in another way, or takes too long
    """
    compute = project.cloud.compute
    end = time.monotonic() + _BUILD_SECONDS
    while True:
        statuses = _statuses(project)
        for server_id in (one for one, status in statuses.items() if status == "ERROR"):
            _accept_race(project, server_id)
            compute.delete_server(server_id)
        building = sum(status == "BUILD" for status in statuses.values())
        active = sum(status == "ACTIVE" for status in statuses.values())
        if active >= count:
            return
        missing = min(count - active - building, _BATCH - building)
        if missing > 0:
            body = server_body(project, "web") | {"min_count": missing, "max_count": missing}
            answer = compute.post("/servers", json={"server": body}, microversion="2.67")
            if answer.status_code != 202:
                raise BenchError(f"Nova refuses the bench's machines: {answer.text}")
        if time.monotonic() > end:
            raise BenchError(f"{active} of {count} machines in {_BUILD_SECONDS} s")
        time.sleep(2)


def _statuses(project: Project) -> dict[str, str]:
    listed = project.cloud.compute.get("/servers/detail", microversion="2.1").json()["servers"]
    return {server["id"]: server["status"] for server in listed}


def _accept_race(project: Project, server_id: str) -> None:
    server = project.operator.compute.get(f"/servers/{server_id}").json()["server"]
    message = str(server.get("fault", {}).get("message", ""))
    if CINDER_RACE not in message:
        raise BenchError(f"a machine of the bench is in ERROR: {message}")


def _clear(cloud: openstack.connection.Connection) -> None:
    """Remove everything in the project."""
    end = time.monotonic() + _GONE_SECONDS
    while servers := list(cloud.compute.servers(details=False)):
        for server in servers:
            cloud.compute.delete_server(server, ignore_missing=True)
        _wait(end, "machines")
    while volumes := list(cloud.block_storage.volumes()):
        for volume in volumes:
            if volume.status in {"available", "error"}:
                cloud.block_storage.delete_volume(volume.id, ignore_missing=True)
        _wait(end, "volumes")
    project_id = cloud.current_project_id
    for floating_ip in cloud.network.ips(project_id=project_id):
        cloud.network.delete_ip(floating_ip, ignore_missing=True)
    for port in cloud.network.ports(project_id=project_id):
        cloud.network.delete_port(port, ignore_missing=True)
    for network in cloud.network.networks(project_id=project_id):
        cloud.network.delete_network(network)


def _wait(end: float, what: str) -> None:
    if time.monotonic() > end:
        raise BenchError(f"the {what} of the bench's project do not go away")
    time.sleep(2)
