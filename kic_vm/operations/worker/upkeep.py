# SPDX-License-Identifier: Apache-2.0
"""The worker's rounds of background jobs.

Each round reads from OpenStack what is to be done and keeps nothing for the next one, and each step
is one call. So several workers can run at once, and a worker that dies leaves nothing half done.
"""

import time
from collections.abc import Callable

from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.adapters import compute
from kic_vm.mappings.instance_states import waits_for_confirmation
from kic_vm.metrics import worker as metrics
from kic_vm.operations.instances import resize_confirmation
from kic_vm.operations.request import AppState, RequestServices
from kic_vm.operations.worker.keypairs import sweep_if_due
from kic_vm.operations.worker.ports import remove_ports
from kic_vm.operations.worker.state_counts import count_instances_if_due
from kic_vm.resources.compute import Server

LOG = logging.getLogger(__name__)


def run(services: RequestServices) -> list[str]:
    """Run one round; the names of the jobs that failed.

    A job that fails is logged and runs again in the next round.

    :param services: services of a cloud admin, such as the gateway's own user
    """
    failed = []
    for name, job in _jobs().items():
        started, is_done = time.monotonic(), False
        try:
            job(services)
            is_done = True
        except exceptions.KicVmError as error:
            LOG.warning("Job %s failed in this round: %s", name, error)
        except Exception:  # such as an answer that lacks a field: the other jobs do not need it
            LOG.exception("Job %s failed in this round", name)
        if not is_done:
            failed.append(name)
        metrics.count_job(name, time.monotonic() - started, is_done=is_done)
    metrics.show_round()
    return failed


def _jobs() -> dict[str, Callable[[RequestServices], None]]:
    """The jobs of a round, by their names in logs and metrics."""
    return {
        "confirm_resizes": confirm_resizes,
        "remove_ports": remove_ports,
        "index_keypairs": sweep_if_due,
        "count_instances": count_instances_if_due,
    }


def confirm_resizes(services: RequestServices) -> None:
    """Confirm the resizes of all projects that [resize] asks to confirm.

    One upstream call, and two for each resize.
    """
    conf = services.app_state.conf
    is_needed = conf.resize.confirmation != "manual" or conf.resize.confirm_window > 0
    if not is_needed or not resize_confirmation.worker_confirms(conf):
        return
    for server in services.openstack.compute.list_all_servers("VERIFY_RESIZE"):
        try:
            _confirm_if_due(services, server)
        except exceptions.KicVmError as error:
            LOG.warning("Could not confirm the resize of server %s: %s", server["id"], error)
        except Exception:  # such as a server that lacks a field: it stops no other resize
            LOG.exception("Could not confirm the resize of server %s", server.get("id"))


def _confirm_if_due(services: RequestServices, server: Server) -> None:
    if not _is_due(services.app_state, server):
        return
    # Since the list was read, the user may have reverted this resize and started another one.
    current = services.openstack.compute.get_server(server["id"], compute.STATE)
    if _is_due(services.app_state, current):
        resize_confirmation.confirm(services.app_state, services.openstack.compute, current)


def _is_due(app_state: AppState, server: Server) -> bool:
    return waits_for_confirmation(server) and resize_confirmation.is_due(app_state, server)
