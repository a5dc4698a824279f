# SPDX-License-Identifier: Apache-2.0
"""Nova's fault of a server in Error -> a documented code, the reason and a hint."""

import re
from typing import Final, NamedTuple, TypedDict

from kic_vm.lifecycle.limits import NEVER_LAUNCHED
from kic_vm.lifecycle.model import InstanceState
from kic_vm.mappings.times import utc
from kic_vm.resources import compute as resources
from kic_vm.resources.compute import Server


class Fault(NamedTuple):
    """One reason. The first one whose pattern matches Nova's message counts."""

    code: str
    pattern: re.Pattern[str]
    message: str
    hint: str


_DELETE: Final = "Delete the instance, then"
_IF_AGAIN: Final = "If it happens again, report the instance id to the operator."
# Hints for an instance that can be rebooted, for one that never ran, and for all others.
_REBOOT: Final = "Try hard-reboot. If that does not help, report"
_RETRY: Final = f"{_DELETE} create another one. If it happens again, report"
_REPORT: Final = "Report"

# The patterns match the messages of Nova 34, and those that it gets from Cinder and Neutron.
FAULTS: Final = tuple(
    Fault(code, re.compile(pattern, re.IGNORECASE), message, hint)
    for code, pattern, message, hint in (
        (
            "quota_exceeded",
            "quota|Maximum number of (ports|volumes)|LimitExceeded",
            "The instance needs more than a quota of the project allows.",
            f"{_DELETE} free up quota or ask for a larger one, and create it again.",
        ),
        (
            "volume_too_small",
            "larger than volume size|smaller than|too small",
            "The root volume or the flavor is too small for the image.",
            f"{_DELETE} create it with a larger volume or flavor (see min_disk, min_ram).",
        ),
        (
            "image_unusable",
            "Image .*(not be found|not active|unacceptable)|failed to get image",
            "The image cannot be used.",
            f"{_DELETE} create it from another image.",
        ),
        (
            "no_addresses",
            "No fixed IP addresses|No more IP addresses|IpAddressGenerationFailure",
            "The subnet has no free address.",
            f"{_DELETE} create it in another subnet.",
        ),
        (
            "address_in_use",
            "Fixed IP .*in use|IpAddressInUse|IpAddressAlreadyAllocated",
            "The private address is already in use.",
            f"{_DELETE} create it with another address or without one.",
        ),
        (
            "hosts_failed",
            "maximum number of retries|Exhausted all hosts",
            "The instance failed on several hosts.",
            f"{_DELETE} retry later. {_IF_AGAIN}",
        ),
        (
            "no_capacity",
            "No valid host",
            "No host has capacity for this flavor at present.",
            f"{_DELETE} retry later or with another flavor or availability zone.",
        ),
        (
            "volume_failed",
            "Volume|Block Device",
            "A volume could not be created or attached.",
            f"{_DELETE} create it again. {_IF_AGAIN}",
        ),
        (
            "network_failed",
            r"Binding failed|Virtual Interface|\bnetwork\b|\bport\b",
            "A network interface could not be created.",
            f"{_DELETE} create it again. {_IF_AGAIN}",
        ),
        (
            "failed",
            "",
            "The cloud could not complete the operation.",
            f"{_REBOOT} the instance id to the operator.",
        ),
    )
)


class FaultView(TypedDict):
    """The reason why an instance is in Error; see FaultSchema."""

    code: str
    message: str
    hint: str
    occurred_at: str | None


def fault_of(server: Server, state: InstanceState) -> FaultView | None:
    """The reason why a server is in Error, without Nova's own message; None in other states.

    Nova includes the fault in the server, in lists too.
    """
    if state.state != "Error":
        return None
    nova_fault: resources.Fault = server.get("fault") or {}
    text = str(nova_fault.get("message", ""))
    fault = next(fault for fault in FAULTS if fault.pattern.search(text))
    hint = fault.hint
    if not state.allows("hard-reboot"):
        never_ran = any(limit.name == NEVER_LAUNCHED for limit in state.limits)
        hint = hint.replace(_REBOOT, _RETRY if never_ran else _REPORT)
    return {
        "code": fault.code,
        "message": fault.message,
        "hint": hint,
        "occurred_at": utc(nova_fault.get("created")),
    }
