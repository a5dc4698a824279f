# SPDX-License-Identifier: Apache-2.0
"""Why an instance is in Error: each code, met by a message as Nova sends it."""

from typing import Any

import pytest

from kic_vm.lifecycle import limits
from kic_vm.lifecycle.table import load_tables
from kic_vm.mappings.instance_faults import FAULTS, fault_of
from kic_vm.schemas.instances import FaultSchema

ID = "a649d15f-bee6-4121-b632-bce071ab4866"
ERROR = load_tables().instance_state("error", None)
ABORTED = f"Build of instance {ID} aborted: "
NO_FAULT: Any = {}
MESSAGES = {
    "No valid host was found. ": "no_capacity",
    "No valid host was found. There are not enough hosts available.": "no_capacity",
    "Exceeded maximum number of retries. Exhausted all hosts available for retrying build "
    f"failures for instance {ID}.": "hosts_failed",
    f"{ABORTED}VolumeSizeExceedsAvailableQuota: Requested volume exceeds quota": "quota_exceeded",
    "Maximum number of ports exceeded": "quota_exceeded",
    f"{ABORTED}VolumeLimitExceeded": "quota_exceeded",
    f"{ABORTED}Size of specified image 5GB is larger than volume size 2GB.": "volume_too_small",
    f"{ABORTED}Flavor's disk is too small for requested image.": "volume_too_small",
    f"{ABORTED}Image {ID} is not active.": "image_unusable",
    f"{ABORTED}Block Device Mapping is Invalid: failed to get image {ID}.": "image_unusable",
    f"{ABORTED}No fixed IP addresses available for network: {ID}": "no_addresses",
    f"{ABORTED}Fixed IP address 10.0.0.1 is already in use on instance {ID}.": "address_in_use",
    f"{ABORTED}Volume {ID} did not finish being created even after we waited 3 seconds or 2 "
    "attempts. And its status is error.": "volume_failed",
    f"Binding failed for port {ID}, please check neutron logs.": "network_failed",
    "Virtual Interface creation failed": "network_failed",
    "AttributeError": "failed",
    "This operation is not supported": "failed",
    f"{ABORTED}'NoneType' object has no attribute 'replace'": "failed",
}


@pytest.mark.parametrize(("message", "code"), MESSAGES.items())
def test_message(message: str, code: str) -> None:
    """The message becomes a code, a sentence and a hint, without the backend's words."""
    shown: Any = {"fault": {"code": 500, "message": message, "created": "2026-11-23T11:00:00Z"}}
    fault = fault_of(shown, ERROR)
    assert fault is not None
    assert fault["code"] == code
    assert fault["occurred_at"] == "2026-11-23T11:00:00Z"
    for text in (fault["message"], fault["hint"]):
        assert text.endswith(".")
        assert ID not in text
        assert "Nova" not in text


def test_every_code_is_met_and_documented() -> None:
    """No reason is unreachable, and the API's description lists all of them."""
    assert {fault.code for fault in FAULTS} == set(MESSAGES.values())
    description = FaultSchema().fields["code"].metadata["description"]
    assert all(fault.code in description for fault in FAULTS)


@pytest.mark.parametrize("message", MESSAGES)
def test_never_launched(message: str) -> None:
    """No hint is a command that an instance that never ran does not allow."""
    never_ran = load_tables().instance_state("error", None, limits=(limits.NEVER_LAUNCHED,))
    shown: Any = {"fault": {"code": 500, "message": message}}
    fault = fault_of(shown, never_ran)
    assert fault is not None
    assert "reboot" not in fault["hint"]
    assert fault["hint"].startswith("Delete ")


def test_task_left_over() -> None:
    """An instance that ran, and that only the operator can help, is not to be deleted at once."""
    broken = load_tables().instance_state("error", "resize_migrating")
    fault = fault_of(NO_FAULT, broken)
    assert fault is not None
    assert fault["hint"] == "Report the instance id to the operator."


def test_no_fault_told() -> None:
    """Error without Nova's fault has the general reason."""
    fault = fault_of(NO_FAULT, ERROR)
    assert fault is not None
    assert (fault["code"], fault["occurred_at"]) == ("failed", None)


def test_other_states() -> None:
    """Outside of Error there is none, even where Nova remembers one."""
    active = load_tables().instance_state("active", None)
    shown: Any = {"fault": {"message": "No valid host was found. "}}
    assert fault_of(shown, active) is None
