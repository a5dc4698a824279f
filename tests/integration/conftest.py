# SPDX-License-Identifier: Apache-2.0
"""A client for each persona of the cloud, and things that go away with the test."""

from collections.abc import Callable, Iterator

import openstack
import pytest
import requests

from tests.functional.images import Images
from tests.functional.instances import Instances
from tests.functional.volumes import Volumes
from tests.integration.surroundings import (
    PERSONAS,
    Tenant,
    connection,
    gateway_url,
    leave,
    setting,
)

Connect = Callable[[str], openstack.connection.Connection]


@pytest.fixture(scope="session")
def cloud() -> Connect:
    """OpenStack itself as a persona; a test of one that clouds.yaml does not have is skipped."""

    def connect(persona: str) -> openstack.connection.Connection:
        found = connection(persona)
        if found is None:
            name = setting(f"{persona.upper()}_CLOUD", PERSONAS[persona])
            pytest.skip(f"clouds.yaml has no cloud {name} (KIC_VM_TEST_{persona.upper()}_CLOUD)")
        return found

    return connect


@pytest.fixture(scope="session")
def gateway() -> str:
    """The gateway's URL, when it is ready."""
    found = connection("member")
    if found is None:
        name = setting("MEMBER_CLOUD", PERSONAS["member"])
        leave(f"clouds.yaml has no cloud {name} (OS_CLIENT_CONFIG_FILE, KIC_VM_TEST_MEMBER_CLOUD)")
    url = gateway_url(found)
    try:
        response = requests.get(f"{url}/readiness", timeout=60)
    except requests.RequestException:
        leave(f"no gateway answers at {url} (KIC_VM_GATEWAY_URL)")
    if response.status_code != 200:
        leave(f"the gateway at {url} is not ready: {response.text}")
    return url


@pytest.fixture(scope="session")
def persona(gateway: str, cloud: Connect) -> Callable[[str], Tenant]:
    """A client with a persona's token."""
    return lambda name: Tenant(gateway, cloud(name).auth_token)


@pytest.fixture(scope="session")
def member(persona: Callable[[str], Tenant]) -> Tenant:
    """A project member."""
    return persona("member")


@pytest.fixture(scope="session")
def subnet_id(cloud: Connect) -> str:
    """The subnet that the variable names, or the project's first of IP version 4."""
    member = cloud("member")
    wanted = setting("SUBNET", "")
    mine = member.network.subnets(project_id=member.current_project_id, ip_version=4)
    found = next((one.id for one in mine if not wanted or wanted in {one.id, one.name}), None)
    if found is None:
        leave(f"the project has no subnet {wanted}: make one, or name one by KIC_VM_TEST_SUBNET")
    return str(found)


@pytest.fixture
def instances(member: Tenant, subnet_id: str) -> Iterator[Instances]:
    """Instances of the test's own, removed after it however it ends."""
    made = Instances(member, subnet_id, connection("operator"))
    yield made
    made.remove_all()


@pytest.fixture
def volumes(member: Tenant) -> Iterator[Volumes]:
    """Volumes and snapshots of the test's own; a test names this fixture before the instances."""
    made = Volumes(member, member.zone)
    yield made
    made.remove_all()


@pytest.fixture
def images(member: Tenant) -> Iterator[Images]:
    """Images of the test's own."""
    made = Images(member)
    yield made
    made.remove_all()
