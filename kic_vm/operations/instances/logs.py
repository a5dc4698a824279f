# SPDX-License-Identifier: Apache-2.0
"""Logs of an instance: its actions and its console log."""

from functools import partial

from kic_vm import exceptions
from kic_vm.adapters import compute
from kic_vm.adapters.http.interleaved import gather_reads
from kic_vm.mappings import instance_logs as mapping
from kic_vm.operations.instances.states import documented_state
from kic_vm.operations.ownership import get_own_server
from kic_vm.operations.request import RequestServices


def list_actions(services: RequestServices, instance_id: str) -> list[mapping.InstanceActionView]:
    """The actions of an instance, newest first. 2 upstream calls side by side."""
    _server, actions = gather_reads(
        partial(get_own_server, services, instance_id, compute.STATE),
        partial(services.openstack.compute.list_actions, instance_id),
    )
    return [mapping.action_from_action(action) for action in actions]


def get_console_log(services: RequestServices, instance_id: str, lines: int) -> str:
    """The last lines of an instance's console. 2 upstream calls.

    :raises InvalidState: the instance is on no host, so it has no console
    """
    server = get_own_server(services, instance_id, compute.STATE)
    try:
        return services.openstack.compute.get_console_output(instance_id, lines)
    except exceptions.Conflict as error:
        state = documented_state(services, server).state
        raise exceptions.InvalidState(
            f"The instance is {state}, so it has no console: try again when it is running.",
            state=state,
        ) from error
