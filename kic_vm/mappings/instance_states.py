"""Nova server -> the documented state that it is in."""

import datetime
from typing import Any, Final

from kic_vm.lifecycle.limits import NEVER_LAUNCHED
from kic_vm.lifecycle.model import InstanceState, Row
from kic_vm.lifecycle.table import LifecycleTables

JSON = dict[str, Any]

# Nova's numbers (nova.objects.fields.InstancePowerState); those left out are not in use.
_POWER_STATES: Final = {
    0: "NOSTATE",
    1: "RUNNING",
    3: "PAUSED",
    4: "SHUTDOWN",
    6: "CRASHED",
    7: "SUSPENDED",
}


def state_of(
    server: JSON, lifecycle: LifecycleTables, *, confirm_in_progress: bool = False
) -> InstanceState:
    """The documented state that a server is in."""
    return lifecycle.instance_state(
        server["OS-EXT-STS:vm_state"],
        server["OS-EXT-STS:task_state"],
        confirm_in_progress=confirm_in_progress,
        limits=() if server["OS-SRV-USG:launched_at"] else (NEVER_LAUNCHED,),
    )


def waits_for_confirmation(server: JSON) -> bool:
    """Whether a resize has done its work and can be confirmed or reverted, as far as Nova shows."""
    return (server["OS-EXT-STS:vm_state"], server["OS-EXT-STS:task_state"]) == ("resized", None)


def waiting_since(server: JSON) -> datetime.datetime:
    """Since when a resized server waits for its confirmation.

    Nova sets launched_at at the end of each resize; unlike ``updated`` it is not changed by a new
    name or other changes in between.
    """
    launched_at = datetime.datetime.fromisoformat(server["OS-SRV-USG:launched_at"])
    return launched_at if launched_at.tzinfo else launched_at.replace(tzinfo=datetime.UTC)


def is_powered_off(server: JSON) -> bool:
    """Whether the guest is off.

    Of a server that was resized it also says what will become of it: Nova keeps a stopped one
    off, and confirms it into stopped when it is off, else into active.
    """
    return power_state(server) == "SHUTDOWN"


def lifecycle_of(state: Row[Any]) -> JSON:
    """The state as every answer about an instance or a volume carries it.

    Where the resource allows fewer commands than its state, ``reason`` says why.
    """
    shown = {
        "state": state.state,
        "billable": state.billable,
        "allowed_actions": list(state.allowed_actions),
    }
    if state.limits:
        shown["reason"] = " ".join(limit.reason.en for limit in state.limits)
    return shown


def power_state(server: JSON) -> str:
    """Nova's word for what the guest does."""
    return _POWER_STATES.get(server["OS-EXT-STS:power_state"], "NOSTATE")
