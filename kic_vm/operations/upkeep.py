"""What has to be done without anybody asking, found in OpenStack each time.

Nothing is remembered from one round to the next, and each step is one call: several workers at
once, or one that dies in the middle, leave nothing half done.
"""

import datetime
import time
from collections.abc import Callable
from typing import Any

from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.mappings.instance_states import waits_for_confirmation
from kic_vm.metrics import gateway as gateway_metrics
from kic_vm.metrics import worker as metrics
from kic_vm.operations import resize_confirmation, rounds
from kic_vm.operations.instance_census import count_instances_if_due
from kic_vm.operations.keypair_upkeep import sweep_if_due
from kic_vm.operations.scope import Scope

JSON = dict[str, Any]

LOG = logging.getLogger(__name__)


def run(scope: Scope) -> None:
    """One round. What fails is logged and left to the next one.

    :param scope: that of a cloud admin, such as the gateway's own user
    """
    for name, job in _jobs().items():
        started, is_done = time.monotonic(), False
        try:
            job(scope)
            is_done = True
        except exceptions.KicVmError as error:
            LOG.warning("This round goes without %s: %s", name, error)
        finally:
            metrics.count_job(name, time.monotonic() - started, is_done=is_done)
    metrics.show_round()


def _jobs() -> dict[str, Callable[[Scope], None]]:
    """What a round is made of, by the names that logs and metrics have for it."""
    return {
        "confirm_resizes": confirm_resizes,
        "remove_ports": remove_ports,
        "index_keypairs": sweep_if_due,
        "count_instances": count_instances_if_due,
    }


def confirm_resizes(scope: Scope) -> None:
    """Confirm the resizes of all projects that [resize] wants confirmed.

    One upstream call, and one for each resize.
    """
    platform = scope.platform
    if platform.conf.resize.confirmation == "manual":
        return
    for server in scope.openstack.compute.list_all_servers("VERIFY_RESIZE"):
        if waits_for_confirmation(server) and resize_confirmation.is_due(platform, server):
            resize_confirmation.confirm(platform, scope.openstack.compute, server)


def remove_ports(scope: Scope) -> None:
    """Remove the ports that the gateway had made for instances and that belong to none any more.

    Nova lets go of a port when it removes a server; where it could not, the port still names the
    server. Such ports are looked for once in [worker] port_grace_time. One upstream call, two for
    each port that is removed, and where ports name servers the pages of all servers' ids.
    """
    grace = scope.platform.conf.worker.port_grace_time
    before = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=grace)
    old = [
        port
        for port in scope.openstack.network.list_all_made_ports()
        if datetime.datetime.fromisoformat(port["updated_at"]) <= before
    ]
    left = [port for port in old if not port["device_id"]]
    named = [
        port for port in old if port["device_id"] and port["device_owner"].startswith("compute:")
    ]
    if named and rounds.take(scope, "ports", grace):
        servers = scope.openstack.compute.list_all_server_ids()
        left += [port for port in named if port["device_id"] not in servers]
    for port in left:
        _remove_port(scope, port)


def _remove_port(scope: Scope, listed: JSON) -> None:
    network = scope.openstack.network
    try:
        # An instance may have got it since the list was made.
        if network.get_port(listed["id"])["device_id"] == listed["device_id"]:
            network.delete_port(listed["id"])
            LOG.info("Port %s, made for an instance that is gone, is removed", listed["id"])
            gateway_metrics.count_upkeep("remove_port")
    except exceptions.NotFound:
        return
    except exceptions.KicVmError as error:
        LOG.warning("Port %s cannot be removed now: %s", listed["id"], error)
        gateway_metrics.count_upkeep("remove_port", is_done=False)
