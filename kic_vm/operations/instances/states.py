# SPDX-License-Identifier: Apache-2.0
"""Whether an instance's documented state allows a command, before and after Nova is called."""

import contextlib
from collections.abc import Iterator
from typing import Final

from kic_vm import exceptions
from kic_vm.adapters import compute
from kic_vm.lifecycle.model import InstanceState
from kic_vm.mappings.instance_states import state_of
from kic_vm.operations.instances import resize_confirmation
from kic_vm.operations.ownership import get_own_server
from kic_vm.operations.refusals import refusal
from kic_vm.operations.request import RequestServices
from kic_vm.resources.compute import Server

# Command -> its target state.
_RESULTS: Final = {"start": "Active", "stop": "Stopped", "shelve": "Shelved_offloaded"}


def get_server_for(
    services: RequestServices, instance_id: str, command: str, microversion: str = compute.STATE
) -> Server:
    """The server of an instance whose state allows the command. One upstream call.

    :raises NotFound: the caller's project has no such instance
    :raises AlreadyInState: the instance is already in the command's target state
    :raises InvalidState: the state does not allow the command; names the allowed commands
    """
    server = get_own_server(services, instance_id, microversion)
    check(services, server, command)
    return server


def check(services: RequestServices, server: Server, command: str) -> None:
    """Refuse a command that the server's state does not allow.

    :raises AlreadyInState: the instance is already in the command's target state
    :raises InvalidState: the state does not allow the command; names the allowed commands
    """
    state = documented_state(services, server)
    if not state.allows(command):
        raise _refusal(state, command)


def documented_state(services: RequestServices, server: Server) -> InstanceState:
    """The documented state of a server."""
    return state_of(
        server,
        services.app_state.translation.lifecycle,
        confirm_in_progress=resize_confirmation.is_under_way(services.app_state, server),
    )


@contextlib.contextmanager
def state_conflicts_reported(
    services: RequestServices, instance_id: str, command: str
) -> Iterator[None]:
    """Report OpenStack's conflict as InvalidState when the state has changed.

    On a conflict, the state is read again: it may have changed since the command was checked. If it
    still allows the command, the conflict has another reason and passes through.

    :raises InvalidState: instead of Conflict, when the state no longer allows the command
    """
    try:
        yield
    except exceptions.Conflict as error:
        state = documented_state(services, get_own_server(services, instance_id, compute.STATE))
        if state.allows(command):
            raise
        raise _refusal(state, command) from error


def _refusal(state: InstanceState, command: str) -> exceptions.KicVmError:
    is_done = _RESULTS.get(command) == state.state
    return refusal("instance", state, command, is_done=is_done)
