# SPDX-License-Identifier: Apache-2.0
"""Terraform before a gateway of its own, and what there is in OpenStack before and after."""

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openstack
import pytest

from tests.functional import connections
from tests.functional.client import Gateway
from tests.functional.conftest import _turn, cloud, gateway, standalone, start_gateway
from tests.terraform.runner import PROVIDER, Terraform

__all__ = ["_turn", "cloud", "gateway", "standalone", "start_gateway"]
Connect = Callable[[str], openstack.connection.Connection]


@pytest.fixture(scope="session", autouse=True)
def _provider() -> None:
    if not os.environ.get(PROVIDER):
        pytest.skip(f"{PROVIDER} does not name the official provider's program.")
    if shutil.which("terraform") is None:
        pytest.skip("There is no terraform program.")


@pytest.fixture(scope="session")
def credential(_provider: None, cloud: Connect) -> Iterator[dict[str, str]]:
    """An application credential of the project's admin, to whom public IPs belong."""
    connection = cloud("kic-admin")
    identity = connections.identity(connection)
    user_id = connections.user_id(connection)
    made = identity.create_application_credential(user_id, f"terraform-{uuid.uuid4().hex[:8]}")
    yield {"id": made.id, "secret": made.secret}
    identity.delete_application_credential(user_id, made.id)


@pytest.fixture
def left_behind(cloud: Connect) -> Callable[[], dict[str, set[str]]]:
    """What there is in the project that was not there when the test began."""
    connection = cloud("kic-admin")
    project = {"project_id": connection.current_project_id}
    lists: dict[str, Callable[[], Any]] = {
        "servers": connection.compute.servers,
        "keypairs": connection.compute.keypairs,
        "volumes": connection.block_storage.volumes,
        "snapshots": connection.block_storage.snapshots,
        "images": lambda: connection.image.images(owner=connection.current_project_id),
        "networks": lambda: connection.network.networks(**project),
        "subnets": lambda: connection.network.subnets(**project),
        "routers": lambda: connection.network.routers(**project),
        "ports": lambda: connection.network.ports(**project),
        "floating IPs": lambda: connection.network.ips(**project),
        "security groups": lambda: connection.network.security_groups(**project),
    }

    def there_is() -> dict[str, set[str]]:
        return {kind: {one.id for one in every()} for kind, every in lists.items()}

    before = there_is()

    def more() -> dict[str, set[str]]:
        now = there_is()
        return {kind: now[kind] - before[kind] for kind in now if now[kind] - before[kind]}

    return more


@pytest.fixture
def terraform(
    tmp_path: Path, gateway: Gateway, credential: dict[str, str]
) -> Iterator[Callable[..., Terraform]]:
    """Terraform for a named configuration; what a failed test leaves is taken down."""
    made: list[Terraform] = []

    def make(name: str, **values: str) -> Terraform:
        made.append(Terraform(tmp_path, name, gateway.url, credential, **values))
        return made[-1]

    yield make
    for one in made:
        one.destroy()
