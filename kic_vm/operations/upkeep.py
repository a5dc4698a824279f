"""What has to be done without anybody asking, found in OpenStack each time.

Nothing is remembered from one round to the next, and each step is one call: several workers at
once, or one that dies in the middle, leave nothing half done.
"""

import datetime
from typing import Any

from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.mappings.instance_states import waits_for_confirmation
from kic_vm.operations import resize_confirmation
from kic_vm.operations.keypair_upkeep import sweep_if_due
from kic_vm.operations.scope import Scope

JSON = dict[str, Any]

LOG = logging.getLogger(__name__)


def run(scope: Scope) -> None:
    """One round. What fails is logged and left to the next one.

    :param scope: that of a cloud admin, such as the gateway's own user
    """
    for job in (confirm_resizes, remove_ports, sweep_if_due):
        try:
            job(scope)
        except exceptions.KicVmError as error:
            LOG.warning("This round goes without %s: %s", job.__name__, error)


def confirm_resizes(scope: Scope) -> None:
    """Confirm the resizes of all projects that [resize] wants confirmed.

    One upstream call, and one for each resize.
    """
    platform = scope.platform
    if platform.conf.resize.confirmation == "manual":
        return
    for server in scope.openstack.compute.list_resized_servers():
        if waits_for_confirmation(server) and resize_confirmation.is_due(platform, server):
            resize_confirmation.confirm(platform, scope.openstack.compute, server)


def remove_ports(scope: Scope) -> None:
    """Remove the ports that the gateway had made for instances and that belong to none any more.

    One upstream call, and two for each such port.
    """
    network = scope.openstack.network
    grace = datetime.timedelta(seconds=scope.platform.conf.worker.port_grace_time)
    now = datetime.datetime.now(datetime.UTC)
    for port in network.list_all_made_ports():
        if not _is_left(port, now - grace):
            continue
        try:
            # An instance may have got it since the list was made.
            if _is_left(network.get_port(port["id"]), now - grace):
                network.delete_port(port["id"])
                LOG.info("Port %s, made for an instance that is gone, is removed", port["id"])
        except exceptions.NotFound:
            continue
        except exceptions.KicVmError as error:
            LOG.warning("Port %s cannot be removed now: %s", port["id"], error)


def _is_left(port: JSON, before: datetime.datetime) -> bool:
    """Whether a port has belonged to no machine since then."""
    return not port["device_id"] and datetime.datetime.fromisoformat(port["updated_at"]) <= before
