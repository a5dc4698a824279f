# SPDX-License-Identifier: Apache-2.0
"""A project of its own for requests that nobody has thought of, with one of each resource in it."""

import secrets
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openstack
import pytest
import schemathesis

from tests.functional import connections
from tests.functional.client import Client, Gateway
from tests.functional.conftest import cloud, gateway, standalone, start_gateway
from tests.functional.volumes import ZONE

__all__ = ["cloud", "gateway", "standalone", "start_gateway"]
Connect = Callable[[str], openstack.connection.Connection]
Connection = openstack.connection.Connection
NAME = f"fuzz-{uuid.uuid4().hex[:8]}"


@pytest.fixture(scope="session")
def admin(standalone: Path, cloud: Connect) -> Iterator[Connection]:
    """The admin of a new project; all that the project then has is removed in the end."""
    operator = cloud("kic-operator")
    identity = connections.identity(operator)
    member = cloud("kic-member")
    domain_id = connections.identity(member).get_user(connections.user_id(member)).domain_id
    password = secrets.token_hex(16)
    project = identity.create_project(name=NAME, domain_id=domain_id)
    user = identity.create_user(name=NAME, domain_id=domain_id, password=password)
    for role in ("manager", "member", "reader"):
        identity.assign_project_role_to_user(
            project, user, identity.find_role(role, ignore_missing=False)
        )
    loader = openstack.config.OpenStackConfig(config_files=[str(standalone / "clouds.yaml")])
    config = loader.get_one("kic-member").config
    auth = {
        "auth_url": config["auth"]["auth_url"],
        "username": NAME,
        "password": password,
        "project_id": project.id,
        "user_domain_id": domain_id,
    }
    connection = openstack.connect(auth=auth, region_name=config.get("region_name"))
    yield connection
    _purge(connection)
    identity.delete_user(user)
    identity.delete_project(project)


def _purge(connection: Connection) -> None:
    glance = connections.image(connection)
    for image in glance.images(owner=connection.current_project_id):
        glance.update_image(image, is_protected=False)
        glance.delete_image(image)
    for keypair in connection.compute.keypairs():
        connection.compute.delete_keypair(keypair)
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
