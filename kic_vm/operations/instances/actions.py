# SPDX-License-Identifier: Apache-2.0
"""Commands on an instance: checked against the lifecycle table, then sent to Nova."""

import contextlib
from functools import partial
from typing import Final

from kic_vm import exceptions
from kic_vm.adapters import compute
from kic_vm.adapters.http.interleaved import gather_reads
from kic_vm.lifecycle.commands import load_commands
from kic_vm.mappings import flavors as flavor_mapping
from kic_vm.operations import earlier_attempts
from kic_vm.operations.instances import flavors, resize_confirmation
from kic_vm.operations.instances.states import check, get_server_for, state_conflicts_reported
from kic_vm.operations.ownership import get_own_server
from kic_vm.operations.references import as_invalid_request
from kic_vm.operations.request import RequestServices
from kic_vm.resources.compute import Flavor, ServerFlavor

_RESIZE_RECORDED_AS: Final = frozenset({"resize"})
_ENDS_OF_RESIZES: Final = frozenset({"confirm-resize", "revert-resize"})


def act_by_name(services: RequestServices, instance_id: str, command: str) -> None:
    """Start a command that the request body names. Its own path's policy rule applies.

    :raises Forbidden: the caller's role does not allow the command
    """
    if not services.may(load_commands()[command].rule):
        raise exceptions.Forbidden
    act(services, instance_id, command)


def act(services: RequestServices, instance_id: str, command: str) -> None:
    """Start a command that takes no arguments. 2 upstream calls.

    With an Idempotency-Key, one more; see earlier_attempts.

    :raises AlreadyInState: the instance is already in the command's target state
    :raises InvalidState: the documented state does not allow the command; names the allowed ones
    """
    if earlier_attempts.is_action_begun(
        services, instance_id, load_commands()[command].recorded_as
    ):
        return
    server = get_server_for(services, instance_id, command)
    action = load_commands()[command].server_action(server["OS-EXT-STS:vm_state"])
    with contextlib.ExitStack() as stack:
        stack.enter_context(state_conflicts_reported(services, instance_id, command))
        if command in _ENDS_OF_RESIZES:
            stack.enter_context(resize_confirmation.resize_lease(services, server, action.name))
        services.openstack.compute.act(instance_id, action.name, action.argument)


def resize_instance(services: RequestServices, instance_id: str, flavor_id: str) -> None:
    """Start a resize to another flavor. 3 upstream calls, the first two side by side.

    When this returns, Nova already shows the instance as being resized: its API records the resize
    before it answers.

    :raises InvalidRequest: the flavor does not exist or does not fit the instance
    :raises InvalidState: the documented state does not allow a resize; names the allowed commands
    """
    if earlier_attempts.is_action_begun(services, instance_id, _RESIZE_RECORDED_AS):
        return
    server, flavor = gather_reads(
        partial(get_own_server, services, instance_id, compute.SERVER),
        partial(_flavor, services, flavor_id),
    )
    check(services, server, "resize")
    _check_flavor(server["flavor"], flavor)
    with state_conflicts_reported(services, instance_id, "resize"):
        services.openstack.compute.act(instance_id, "resize", {"flavorRef": flavor["id"]})


def _flavor(services: RequestServices, flavor_id: str) -> Flavor:
    with as_invalid_request("flavor.id", "flavor", flavor_id):
        return flavors.get_nova_flavor(services, flavor_id)


def _check_flavor(current: ServerFlavor, target: Flavor) -> None:
    """Refuse a flavor that the instance already has or cannot be resized to.

    :param current: the flavor as Nova shows it in the server
    :param target: the flavor as Nova shows it by its id
    """
    if current["original_name"] == target["name"]:
        raise exceptions.InvalidField(
            "flavor.id", "the instance already has this flavor: choose another one."
        )
    if "extra_specs" not in target:  # the cloud's policy hides them: Nova decides
        return
    target_type = flavor_mapping.instance_type(target["extra_specs"])
    if target_type == "bm":
        raise exceptions.InvalidField(
            "flavor.id", "this is a bare metal flavor: choose a virtual machine flavor."
        )
    if "extra_specs" not in current:
        return
    current_type = flavor_mapping.instance_type(current["extra_specs"])
    if current_type != target_type:
        raise exceptions.InvalidField(
            "flavor.id",
            f"the instance has instance_type {current_type}, this flavor has "
            f"{target_type}: choose a flavor with instance_type {current_type}.",
        )
