"""Whether the instance's documented state allows a command: asked before Nova is, and after."""

import contextlib
from collections.abc import Iterator
from typing import Final

from kic_vm import exceptions
from kic_vm.adapters import compute
from kic_vm.adapters.connection import JSON
from kic_vm.lifecycle.model import InstanceState
from kic_vm.mappings.instance_states import state_of
from kic_vm.operations.instances import resize_confirmation
from kic_vm.operations.ownership import get_own_server
from kic_vm.operations.refusals import refusal
from kic_vm.operations.request import RequestServices

# The state in which a command has nothing left to do.
_RESULTS: Final = {"start": "Active", "stop": "Stopped", "shelve": "Shelved_offloaded"}


def get_server_for(
    services: RequestServices, instance_id: str, command: str, microversion: str = compute.STATE
) -> JSON:
    """The server of an instance whose state allows the command. One upstream call.

    :raises NotFound: the caller's project has no such instance
    :raises AlreadyInState: what the command would bring about holds already
    :raises InvalidState: the state does not allow it; says which commands it does
    """
    server = get_own_server(services, instance_id, microversion)
    check(services, server, command)
    return server


def check(services: RequestServices, server: JSON, command: str) -> None:
    """Let a command through that the server's state allows.

    :raises AlreadyInState: what the command would bring about holds already
    :raises InvalidState: the state does not allow it; says which commands it does
    """
    state = documented_state(services, server)
    if not state.allows(command):
        raise _refusal(state, command)


def documented_state(services: RequestServices, server: JSON) -> InstanceState:
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
    """Within, OpenStack is told to do what the state has allowed.

    When it finds a conflict, the state is looked at again: it may have changed since it was read,
    or there is a reason of another kind.

    :raises InvalidState: in the place of Conflict, where the state now forbids the command
    """
    try:
        yield
    except exceptions.Conflict as error:
        now = documented_state(services, get_own_server(services, instance_id, compute.STATE))
        if now.allows(command):
            raise
        raise _refusal(now, command) from error


def _refusal(state: InstanceState, command: str) -> exceptions.KicVmError:
    is_done = _RESULTS.get(command) == state.state
    return refusal("instance", state, command, is_done=is_done)
