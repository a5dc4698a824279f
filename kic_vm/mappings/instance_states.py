# SPDX-License-Identifier: Apache-2.0
"""Nova server -> documented state."""

import datetime
from typing import Any, Final, NotRequired, TypedDict

from kic_vm.lifecycle.limits import INTERFACES_FULL, NEVER_LAUNCHED
from kic_vm.lifecycle.model import InstanceState, Row
from kic_vm.lifecycle.table import LifecycleTables
from kic_vm.mappings import flavors
from kic_vm.resources.compute import Server

# Nova's numbers (nova.objects.fields.InstancePowerState), without the unused ones.
_POWER_STATES: Final = {
    0: "NOSTATE",
    1: "RUNNING",
    3: "PAUSED",
    4: "SHUTDOWN",
    6: "CRASHED",
    7: "SUSPENDED",
}

# Nova saves a server's launched_at together with these states.
_LAUNCHED_STATES: Final = frozenset({"Active", "Resized"})
_SAVE_TIME: Final = datetime.timedelta(seconds=2)


class LifecycleView(TypedDict):
    """The documented state of a resource; see LifecycleSchema."""

    state: str
    billable: bool
    allowed_actions: list[str]
    reason: NotRequired[str]


class InstanceLifecycleView(LifecycleView):
    """The documented state of an instance; see InstanceLifecycleSchema."""

    since: str | None
    billable_since: str | None


def state_of(
    server: Server,
    lifecycle: LifecycleTables,
    *,
    confirm_in_progress: bool = False,
    interface_count: int = 0,
) -> InstanceState:
    """The documented state of a server.

    :param interface_count: the number of its network interfaces, if the caller knows it; requires
        the flavor's extra specs (microversion compute.SERVER)
    """
    applying = [] if server["OS-SRV-USG:launched_at"] else [NEVER_LAUNCHED]
    if interface_count:
        extra_specs = server["flavor"].get("extra_specs") or {}
        maximum = flavors.maximum_network_interfaces(extra_specs)
        if maximum is not None and interface_count >= maximum:
            applying.append(INTERFACES_FULL)
    return lifecycle.instance_state(
        server["OS-EXT-STS:vm_state"],
        server["OS-EXT-STS:task_state"],
        confirm_in_progress=confirm_in_progress,
        limits=applying,
    )


def waits_for_confirmation(server: Server) -> bool:
    """Whether a resize has finished and can be confirmed or reverted, according to Nova."""
    return (server["OS-EXT-STS:vm_state"], server["OS-EXT-STS:task_state"]) == ("resized", None)


def waiting_since(server: Server) -> datetime.datetime:
    """The time since which a resized server has been waiting for its confirmation.

    Nova sets launched_at at the end of each resize. Unlike ``updated``, a new name or other updates
    do not change it.
    """
    return _time_of(str(server["OS-SRV-USG:launched_at"]))


def is_powered_off(server: Server) -> bool:
    """Whether the guest is powered off.

    For a resized server, this also decides the state after the confirmation: Nova keeps a stopped
    server off during the resize, and confirms it to stopped if it is off, otherwise to active.
    """
    return power_state(server) == "SHUTDOWN"


def lifecycle_of(state: Row[Any]) -> LifecycleView:
    """The ``lifecycle`` object in every response about an instance or a volume.

    If the resource allows fewer commands than its state, ``reason`` says why.
    """
    lifecycle: LifecycleView = {
        "state": state.state,
        "billable": state.billable,
        "allowed_actions": list(state.allowed_actions),
    }
    if state.limits:
        lifecycle["reason"] = " ".join(limit.reason.en for limit in state.limits)
    return lifecycle


def instance_lifecycle_of(state: Row[Any], server: Server) -> InstanceLifecycleView:
    """The ``lifecycle`` object of an instance, with the start of its current state if it is known.

    The start is known only if Nova has not changed the server since it launched it. The start of
    the billing is unknown, because a rebuild, which is billed, also launches a server.
    """
    launched_at, updated = server["OS-SRV-USG:launched_at"], server["updated"]
    since = None
    if (
        state.state in _LAUNCHED_STATES
        and launched_at
        and abs(_time_of(updated) - _time_of(launched_at)) <= _SAVE_TIME
    ):
        since = f"{launched_at[:19]}Z"
    return {**lifecycle_of(state), "since": since, "billable_since": None}


def _time_of(stamp: str) -> datetime.datetime:
    moment = datetime.datetime.fromisoformat(stamp)
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)


def power_state(server: Server) -> str:
    """Nova's name for the guest's power state."""
    return _POWER_STATES.get(server["OS-EXT-STS:power_state"], "NOSTATE")
