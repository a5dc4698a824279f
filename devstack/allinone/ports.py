# SPDX-License-Identifier: Apache-2.0
"""Looks, before anything starts, whether the ports are free, and notes those that are used."""

import json

from . import probes
from .deployment import Deployment, write_private
from .errors import StandaloneError
from .processes import Processes
from .settings import CEPH_DAEMON_PORTS, PORTS, how_to_set

# port: the process that listens there
LISTENERS = {
    "keystone": "keystone",
    "placement": "placement",
    "glance": "glance",
    "cinder": "cinder-api",
    "neutron": "neutron-api",
    "nova": "nova-api",
    "mariadb": "mariadb",
    "rabbitmq": "rabbitmq",
    "rabbitmq_dist": "rabbitmq",
    "epmd": "epmd",
    "redis": "redis",
    "ceph_mon": "ceph-mon",
}


def check(deployment: Deployment, processes: Processes) -> None:
    """Raise StandaloneError for a port that somebody else has taken."""
    members = processes.members()
    if members:
        _refuse_change(deployment)
    for port, service in LISTENERS.items():
        number = deployment.ports[port]
        if service not in members and not probes.port_free(number):
            message = (
                f"{PORTS[port][1]} cannot have port {number}: something else listens there. "
                f"Choose another port with {how_to_set(port)}."
            )
            raise StandaloneError(message)
    first = deployment.ports["ceph_daemons"]
    numbers = range(first, first + CEPH_DAEMON_PORTS)
    ours = members.keys() & {"ceph-osd", "ceph-mgr"}  # they share the range
    if not ours and not all(probes.port_free(number) for number in numbers):
        message = (
            f"Ceph's daemons cannot have the ports {first} to {numbers[-1]}: something else "
            f"listens there. Choose others with {how_to_set('ceph_daemons')}."
        )
        raise StandaloneError(message)


def note(deployment: Deployment) -> None:
    """Note the ports that the processes are started with."""
    write_private(deployment.state / "ports.json", json.dumps(deployment.ports))


def used(deployment: Deployment) -> dict[str, int]:
    """The ports of the last `up`, which may have been given others than this command."""
    try:
        noted: dict[str, int] = json.loads((deployment.state / "ports.json").read_text())
    except FileNotFoundError:
        noted = {}
    return deployment.ports | noted


def _refuse_change(deployment: Deployment) -> None:
    noted = used(deployment)
    changed = sorted(name for name in PORTS if noted[name] != deployment.ports[name])
    if changed:
        message = f"it runs with other ports ({', '.join(changed)}); run `down` before `up`"
        raise StandaloneError(message)
