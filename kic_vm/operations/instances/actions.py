"""Commands on an instance: asked of the lifecycle table first, of Nova then."""

import contextlib
from functools import partial
from typing import Any, Final

from kic_vm import exceptions
from kic_vm.adapters import compute
from kic_vm.adapters.interleaved import gather_reads
from kic_vm.mappings import flavors as flavor_mapping
from kic_vm.operations import earlier_attempts
from kic_vm.operations.instances import flavors, resize_confirmation
from kic_vm.operations.instances.states import check, get_server_for, state_conflicts_reported
from kic_vm.operations.ownership import get_own_server
from kic_vm.operations.references import as_invalid_request
from kic_vm.operations.request import RequestServices

JSON = dict[str, Any]

# Command -> Nova's server action and its argument.
_NOVA: Final[dict[str, tuple[str, Any]]] = {
    "start": ("os-start", None),  # but see _STARTS
    "stop": ("os-stop", None),
    "soft-reboot": ("reboot", {"type": "SOFT"}),
    "hard-reboot": ("reboot", {"type": "HARD"}),
    "shelve": ("shelve", None),
    "unshelve": ("unshelve", None),
    "confirm-resize": (resize_confirmation.ACTION, None),
    "revert-resize": ("revertResize", None),
}
# Command -> what Nova calls it in the list of a server's actions.
_RECORDED_AS: Final[dict[str, frozenset[str]]] = {
    "start": frozenset({"start", "unshelve", "unpause", "resume"}),
    "stop": frozenset({"stop"}),
    "soft-reboot": frozenset({"reboot"}),
    "hard-reboot": frozenset({"reboot"}),
    "shelve": frozenset({"shelve"}),
    "unshelve": frozenset({"unshelve"}),
    "confirm-resize": frozenset({"confirmResize"}),
    "revert-resize": frozenset({"revertResize"}),
    "resize": frozenset({"resize"}),
}
# The documents have one command that makes an instance run; Nova has one for each vm_state.
_STARTS: Final[dict[str, tuple[str, Any]]] = {
    "shelved_offloaded": ("unshelve", None),
    "paused": ("unpause", None),
    "suspended": ("resume", None),
}
_ENDS_OF_RESIZES: Final = frozenset({"confirm-resize", "revert-resize"})


def act_by_name(services: RequestServices, instance_id: str, command: str) -> None:
    """Begin a command, where the caller may give it under its own path too.

    :raises Forbidden: the caller may not
    """
    if not services.may(f"instances:{command.replace('-', '_')}"):
        raise exceptions.Forbidden
    act(services, instance_id, command)


def act(services: RequestServices, instance_id: str, command: str) -> None:
    """Begin a command that needs nothing but its name. 2 upstream calls.

    With an Idempotency-Key one more; see earlier_attempts.

    :raises AlreadyInState: what it would bring about holds already
    :raises InvalidState: the instance's documented state does not allow it; says which do
    """
    if earlier_attempts.is_action_begun(services, instance_id, _RECORDED_AS[command]):
        return
    server = get_server_for(services, instance_id, command)
    action, argument = _NOVA[command]
    if command == "start":
        action, argument = _STARTS.get(server["OS-EXT-STS:vm_state"], _NOVA["start"])
    with contextlib.ExitStack() as stack:
        stack.enter_context(state_conflicts_reported(services, instance_id, command))
        if command in _ENDS_OF_RESIZES:
            stack.enter_context(
                resize_confirmation.resize_lease(services.app_state, server, action)
            )
        services.openstack.compute.act(instance_id, action, argument)


def resize_instance(services: RequestServices, instance_id: str, flavor_id: str) -> None:
    """Begin to change the flavor. 3 upstream calls, the first two side by side.

    When this returns, Nova shows the instance as being resized: its API notes that down before it
    answers.

    :raises InvalidRequest: the flavor does not exist or does not fit the instance
    :raises InvalidState: the instance's documented state does not allow it; says which do
    """
    if earlier_attempts.is_action_begun(services, instance_id, _RECORDED_AS["resize"]):
        return
    server, flavor = gather_reads(
        partial(get_own_server, services, instance_id, compute.SERVER),
        partial(_flavor, services, flavor_id),
    )
    check(services, server, "resize")
    _check_flavor(server["flavor"], flavor)
    with state_conflicts_reported(services, instance_id, "resize"):
        services.openstack.compute.act(instance_id, "resize", {"flavorRef": flavor["id"]})


def _flavor(services: RequestServices, flavor_id: str) -> JSON:
    with as_invalid_request("flavor.id", "flavor", flavor_id):
        return flavors.get_nova_flavor(services, flavor_id)


def _check_flavor(present: JSON, wanted: JSON) -> None:
    """Whether an instance can go from its flavor, as Nova shows it, to another one."""
    if present["original_name"] == wanted["name"]:
        raise exceptions.InvalidRequest(
            "flavor.id: the instance has this flavor already: choose another one."
        )
    after = flavor_mapping.instance_type(wanted["extra_specs"])
    if after == "bm":
        raise exceptions.InvalidRequest("flavor.id: this is a bare metal flavor.")
    if "extra_specs" not in present:  # the cloud's policy hides them: let Nova judge
        return
    before = flavor_mapping.instance_type(present["extra_specs"])
    if before != after:
        raise exceptions.InvalidRequest(
            f"flavor.id: the instance is of the type {before}, this flavor is for {after}: "
            f"choose a flavor of the instance_type {before}."
        )
