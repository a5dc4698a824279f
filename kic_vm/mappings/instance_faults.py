"""Nova's fault of a server in Error -> why, in a documented code, and what helps."""

import re
from typing import Any, Final, NamedTuple

from kic_vm.lifecycle.limits import NEVER_LAUNCHED
from kic_vm.lifecycle.model import InstanceState
from kic_vm.mappings.times import utc

JSON = dict[str, Any]


class Fault(NamedTuple):
    """One reason. The first whose pattern is found in Nova's message counts."""

    code: str
    pattern: re.Pattern[str]
    message: str
    hint: str


_ANEW: Final = "Delete the instance and make it anew"
# Advice for an instance that can be rebooted, for one that never ran, and for all others.
_REBOOT: Final = "Try hard-reboot. If that does not help, tell"
_AGAIN: Final = "Delete the instance and create another one. If it happens again, tell"
_TELL: Final = "Tell"

# The messages are those of Nova 34 and of what Cinder and Neutron have told it.
FAULTS: Final = tuple(
    Fault(code, re.compile(pattern, re.IGNORECASE), message, hint)
    for code, pattern, message, hint in (
        (
            "quota_exceeded",
            "quota|Maximum number of (ports|volumes)|LimitExceeded",
            "A quota of the project did not allow what the instance needs.",
            f"Delete something or ask for a larger quota. {_ANEW} then.",
        ),
        (
            "volume_too_small",
            "larger than volume size|smaller than|too small",
            "The root volume or the flavor is too small for the image.",
            f"{_ANEW} with a larger volume or flavor; look at the image's min_disk and min_ram.",
        ),
        (
            "image_unusable",
            "Image .*(not be found|not active|unacceptable)|failed to get image",
            "The image cannot be used.",
            f"{_ANEW} from another image.",
        ),
        (
            "no_addresses",
            "No fixed IP addresses|No more IP addresses|IpAddressGenerationFailure",
            "The subnet has no free address.",
            f"{_ANEW} in another subnet.",
        ),
        (
            "address_in_use",
            "Fixed IP .*in use|IpAddressInUse|IpAddressAlreadyAllocated",
            "The private address is in use already.",
            f"{_ANEW} with another address, or leave the address out.",
        ),
        (
            "hosts_failed",
            "maximum number of retries|Exhausted all hosts",
            "Several hosts have tried, and none could do it.",
            f"{_ANEW} later. If it happens again, tell the operator the id of the instance.",
        ),
        (
            "no_capacity",
            "No valid host",
            "No host has room for this flavor at present.",
            f"{_ANEW} with another flavor or availability zone, or later.",
        ),
        (
            "volume_failed",
            "Volume|Block Device",
            "A volume could not be made or attached.",
            f"{_ANEW}. If it happens again, tell the operator the id of the instance.",
        ),
        (
            "network_failed",
            r"Binding failed|Virtual Interface|\bnetwork\b|\bport\b",
            "A network interface could not be made.",
            f"{_ANEW}. If it happens again, tell the operator the id of the instance.",
        ),
        (
            "failed",
            "",
            "The cloud could not do what was asked.",
            f"{_REBOOT} the operator the id of the instance.",
        ),
    )
)


def fault_of(server: JSON, state: InstanceState) -> JSON | None:
    """Why a server is in Error, without the backend's words; None in any other state.

    Nova shows its fault with the server itself, to lists too.
    """
    if state.state != "Error":
        return None
    told = server.get("fault") or {}
    text = str(told.get("message", ""))
    fault = next(fault for fault in FAULTS if fault.pattern.search(text))
    hint = fault.hint
    if not state.allows("hard-reboot"):
        never_ran = any(limit.name == NEVER_LAUNCHED for limit in state.limits)
        hint = hint.replace(_REBOOT, _AGAIN if never_ran else _TELL)
    return {
        "code": fault.code,
        "message": fault.message,
        "hint": hint,
        "occurred_at": utc(told.get("created")),
    }
