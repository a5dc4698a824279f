# SPDX-License-Identifier: Apache-2.0
"""A real OpenStack, the gateway in front of it as it is served, and a client for each persona."""

import contextlib
import fcntl
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import openstack
import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.functional.block_store import BlockStore
from tests.functional.client import Client, Gateway
from tests.functional.instances import Instances
from tests.functional.standalone import DIRECTORY, TOP, connect, locked, running
from tests.functional.volumes import Volumes

sys.path.insert(0, str(TOP / "devstack"))


class ByPlace(LoadScopeScheduling):
    """Keeps what shares fixtures in one process: the tests of a file, or of a directory."""

    def _split_scope(self, nodeid: str) -> str:
        path = Path(nodeid.partition("::")[0])
        place = path if path.parent.name == "functional" else path.parent
        # The workers that follow the cloud share one queue of notifications.
        return "following" if place.name in {"guides", "test_events.py"} else str(place)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByPlace:
    """How pytest-xdist distributes the tests."""
    return ByPlace(config, log)


@pytest.fixture(autouse=True)
def _turn(request: pytest.FixtureRequest, standalone: Path) -> Iterator[None]:
    """Run no other test at the same time as one that is marked ``alone``.

    While such a test waits for the others to end, no new test begins.
    """
    alone = request.node.get_closest_marker("alone") is not None
    with contextlib.ExitStack() as stack:
        with locked(DIRECTORY / "tests" / "gate"):
            operation = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
            stack.enter_context(locked(DIRECTORY / "tests" / "turn", operation))
        yield


@pytest.fixture(scope="session")
def standalone() -> Iterator[Path]:
    """The standalone OpenStack; left running if it ran before, else taken down in the end."""
    with running() as demo:
        yield demo


@pytest.fixture(scope="session")
def start_gateway(
    standalone: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Gateway]]:
    """Start a gateway of the tests' own; options go over the standalone's configuration."""
    started: list[Gateway] = []

    def start(**options: dict[str, str]) -> Gateway:
        gateway = Gateway(standalone / "kic-vm.conf", tmp_path_factory.mktemp("gateway"), options)
        started.append(gateway)
        gateway.wait_until_alive()
        return gateway

    yield start
    for gateway in started:
        gateway.stop()


@pytest.fixture(scope="session")
def gateway(start_gateway: Callable[..., Gateway]) -> Gateway:
    """The gateway that most tests share."""
    return start_gateway()


@pytest.fixture(scope="session")
def cloud(standalone: Path) -> Callable[[str], openstack.connection.Connection]:
    """OpenStack itself as a persona, around the gateway: to prepare and to look behind it."""
    return connect


@pytest.fixture(scope="session")
def persona(
    gateway: Gateway, cloud: Callable[[str], openstack.connection.Connection]
) -> Callable[[str], Client]:
    """A client with a persona's token."""
    clients: dict[str, Client] = {}

    def client(name: str) -> Client:
        if name not in clients:
            clients[name] = Client(gateway.url, cloud(name).auth_token)
        return clients[name]

    return client


@pytest.fixture(scope="session")
def member(gateway: Gateway, standalone: Path) -> Client:
    """A project member, whose token comes from an application credential by the gateway."""
    credential = json.loads((standalone / "app-credential.json").read_text())
    return Client.from_credential(gateway.url, credential)


@pytest.fixture(scope="session")
def subnet_id(cloud: Callable[[str], openstack.connection.Connection]) -> str:
    """The demo project's subnet."""
    connection = cloud("kic-member")
    mine = connection.network.subnets(project_id=connection.current_project_id)
    return str(next(iter(mine)).id)


@pytest.fixture
def two_subnets(
    cloud: Callable[[str], openstack.connection.Connection],
) -> Iterator[tuple[str, str]]:
    """Two subnets of one network."""
    network = cloud("kic-member").network
    made = network.create_network(name="functional-two-subnets")
    subnets = [
        network.create_subnet(network_id=made.id, ip_version=4, cidr=cidr, name="functional")
        for cidr in ("10.77.0.0/24", "10.78.0.0/24")
    ]
    yield subnets[0].id, subnets[1].id
    network.delete_network(made)


@pytest.fixture
def instances(
    member: Client, subnet_id: str, cloud: Callable[[str], openstack.connection.Connection]
) -> Iterator[Instances]:
    """Instances of the test's own, removed after it however it ends."""
    made = Instances(member, subnet_id, cloud("kic-operator"))
    yield made
    made.remove_all()


@pytest.fixture
def volumes(member: Client) -> Iterator[Volumes]:
    """Volumes and snapshots of the test's own, removed after it however it ends.

    A test that attaches them to instances names this fixture before the instances.
    """
    made = Volumes(member)
    yield made
    made.remove_all()


@pytest.fixture(scope="session")
def block_store(standalone: Path) -> BlockStore:
    """The store in which the standalone's Cinder keeps the volumes."""
    return BlockStore(DIRECTORY)


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool], float], None]:
    """Wait until something holds."""

    def wait(holds: Callable[[], bool], within: float) -> None:
        end = time.monotonic() + within
        while not holds():
            assert time.monotonic() < end, "it did not come true in time"
            time.sleep(0.3)

    return wait
