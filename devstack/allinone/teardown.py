# SPDX-License-Identifier: Apache-2.0
"""`down`: stops everything in an order in which each still has what it stands on."""

from . import libvirt, ovn
from .deployment import Deployment
from .processes import Processes
from .progress import Progress

# what is not named here stops first
STANDS_BELOW = (
    (libvirt.GUESTS, libvirt.DAEMON),
    ("ovn-controller-1", "ovn-controller-2", "ovn-northd"),
    ("ovs-vswitchd", "ceph-osd", "redis"),
    ("ovsdb", "ceph-mgr", "ceph-mon", "rabbitmq"),
    ("epmd", "mariadb"),
)


def stop(deployment: Deployment, processes: Processes, progress: Progress) -> bool:
    """Stop every process of the deployment; whether there was any."""
    names = [*processes.names(), *processes.strays()]
    below = {name for group in STANDS_BELOW for name in group}
    groups = [[name for name in names if name not in below]]
    groups += [[name for name in group if name in names] for group in STANDS_BELOW]
    for group in filter(None, groups):
        if libvirt.DAEMON in group:
            libvirt.stop_guests(deployment, processes)
        for name in processes.stop(group):
            progress.say(f"{name} did not end by itself and was killed")
    ovn.remove_interfaces(deployment)
    deployment.remove_sockets()
    return bool(names)
