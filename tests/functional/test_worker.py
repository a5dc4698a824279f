# SPDX-License-Identifier: Apache-2.0
"""kic-vm-worker on the real services, once and in its loop."""

import configparser
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path

import openstack
import pytest
from openstack.network.v2.port import Port

from kic_vm.adapters.network import PORT_MARK
from tests.functional.client import Client, Gateway
from tests.functional.instances import Instances
from tests.functional.test_resize import command, flavor_of, resize

pytestmark = pytest.mark.alone  # the worker confirms every resize of the cloud


@pytest.fixture
def config(standalone: Path, tmp_path: Path) -> list[Path | str]:
    """Its arguments: little grace for ports, and no cache that it shares with a gateway."""
    more = tmp_path / "more.conf"
    more.write_text(
        "[worker]\ninterval = 0.5\nport_grace_time = 40\n[redis]\nkey_prefix = worker:\n"
    )
    return ["--config-file", standalone / "kic-vm.conf", "--config-file", more]


def worker(*arguments: Path | str) -> list[Path | str]:
    return [sys.executable, "-m", "kic_vm.cmd.worker", *arguments]


def once(config: list[Path | str]) -> str:
    """The log of one round."""
    done = subprocess.run(
        worker("--once", *config), capture_output=True, text=True, timeout=120, check=True
    )
    return done.stderr


def test_resize_that_nobody_looks_at(
    member: Client,
    instances: Instances,
    config: list[Path | str],
    cloud: Callable[[str], openstack.connection.Connection],
    eventually: Callable[..., None],
) -> None:
    """A worker, two in fact, confirms it; they end when they are told to."""
    instance_id, _seen = instances.make_active()
    command(member, instance_id, "stop")
    member.watch(instance_id, "stopped")
    nova = cloud("kic-member").compute
    workers = [subprocess.Popen(worker(*config)) for _number in range(2)]
    try:
        resize(member, instance_id, "t1i.small")
        eventually(
            lambda: (
                nova.get(f"/servers/{instance_id}").json()["server"]["status"]
                in {"SHUTOFF", "ERROR"}
            ),
            90,
        )
    finally:
        for process in workers:
            process.send_signal(signal.SIGTERM)
        statuses = [process.wait(timeout=30) for process in workers]
    assert statuses == [0, 0]
    instance = member.get_instance(instance_id)
    assert (instance["status"], instance["flavor"]["name"]) == ("stopped", "t1i.small")


def test_worker_alone(
    standalone: Path,
    tmp_path: Path,
    start_gateway: Callable[..., Gateway],
    member: Client,
    instances: Instances,
) -> None:
    """Without Redis a worker confirms, and a gateway that leaves it to the worker does not."""
    gateway = start_gateway(resize={"confirmed_by": "worker"})
    client = Client(gateway.url, str(member.session.headers["X-Auth-Token"]))
    instance_id, _seen = instances.make_active()
    command(client, instance_id, "stop")
    client.watch(instance_id, "stopped")
    resize(client, instance_id, "t1i.small")
    client.watch(instance_id, "resized")
    config = configparser.ConfigParser(interpolation=None, default_section="none")
    config.read(standalone / "kic-vm.conf")
    config.remove_section("redis")
    path = tmp_path / "without-redis.conf"
    path.touch(0o600)
    with path.open("w") as file:
        config.write(file)
    once(["--config-file", path])
    client.watch(instance_id, "stopped")
    assert flavor_of(client, instance_id) == "t1i.small"


def test_port_that_stayed_behind(
    subnet_id: str,
    standalone: Path,
    config: list[Path | str],
    cloud: Callable[[str], openstack.connection.Connection],
    eventually: Callable[..., None],
) -> None:
    """One of the gateway's making that no instance has is removed; the user's own stays."""
    network, operator = cloud("kic-member").network, cloud("kic-operator").network
    network_id = network.get_subnet(subnet_id).network_id
    left = network.create_port(network_id=network_id, description=PORT_MARK)
    own = network.create_port(network_id=network_id, description="mine")
    # As where Nova could not detach it: its server is not there any more.
    lost = operator.create_port(
        network_id=network_id,
        project_id=cloud("kic-member").current_project_id,
        description=PORT_MARK,
        device_id=str(uuid.uuid4()),
        device_owner="compute:nova",
    )
    try:
        once(["--config-file", standalone / "kic-vm.conf"])
        assert network.find_port(left.id) is not None  # its grace has not passed
        assert network.get_port(lost.id).tags == [f"kic-vm-instance-{lost.device_id}"]
        logged: list[str] = []

        def says_that_it_removed(port: Port) -> bool:
            logged.append(once(config))
            return f"Port {port.id}, made for an instance" in "".join(logged)

        # Other tests' instances in the making hold it up.
        for port in (lost, left):
            eventually(partial(says_that_it_removed, port), 240)
            assert network.find_port(port.id) is None
        assert network.find_port(own.id) is not None
    finally:
        for port in (left, own, lost):
            operator.delete_port(port.id, ignore_missing=True)
