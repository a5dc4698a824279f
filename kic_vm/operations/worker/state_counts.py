# SPDX-License-Identifier: Apache-2.0
"""The number of instances in each documented state, for the worker's metrics."""

import datetime
import uuid
from collections import Counter
from typing import Final

from kic_vm.mappings.instance_states import state_of
from kic_vm.metrics import worker as metrics
from kic_vm.operations.instances import resize_confirmation
from kic_vm.operations.request import RequestServices
from kic_vm.operations.worker import lease

# The state in which an instance waits for a user or for the end of [resize] confirm_window.
_RESIZED: Final = "Resized"
# Each worker counts for its own metrics.
_WORKER: Final = uuid.uuid4().hex


def count_instances_if_due(gateway: RequestServices) -> None:
    """Count once per [metrics] instances_interval, if this worker serves metrics."""
    options = gateway.app_state.conf.metrics
    if (
        options.worker_port
        and options.instances_interval
        and lease.acquire(gateway, f"instances:{_WORKER}", options.instances_interval)
    ):
        count_instances(gateway)


def count_instances(gateway: RequestServices) -> None:
    """Set the metrics of all instances by state. One upstream call for each thousand instances.

    The age of a state that must end is the time since Nova last changed the instance, so a long
    operation with several steps does not look like one that is stuck.
    """
    app_state = gateway.app_state
    lifecycle = app_state.translation.lifecycle
    counts = Counter(dict.fromkeys((row.state for row in lifecycle.instances.rows), 0))
    passed = {state for change in lifecycle.instances.transitions for state in change.through}
    oldest = dict.fromkeys((*passed, _RESIZED), 0.0)
    now = datetime.datetime.now(datetime.UTC)
    for server in gateway.openstack.compute.list_all_servers():
        is_confirming = resize_confirmation.is_under_way(app_state, server)
        state = state_of(server, lifecycle, confirm_in_progress=is_confirming).state
        counts[state] += 1
        if state in oldest:
            age = (now - datetime.datetime.fromisoformat(server["updated"])).total_seconds()
            oldest[state] = max(oldest[state], age)
    metrics.show_instances(counts, oldest, app_state.conf.resize.confirm_window)
