# SPDX-License-Identifier: Apache-2.0
"""Reads that accept an answer of some age."""

import re

from kic_vm import policies
from tests.unit.bodies import SERVER
from tests.unit.cloud import Cloud

BOUND = {"Cache-Control": "max-age=20"}
OPERATIONS = [
    (guarded["method"], guarded["path"])
    for rule in policies.guarding_rules()
    for guarded in rule.operations
    if rule.check_str != policies.base.PUBLIC
]
INSTANCE = f"/api/v1/instances/{SERVER['id']}"


def reads(cloud: Cloud) -> list[str]:
    """The reads that OpenStack got, after which the record begins anew.

    Without the times of Nova's usage report, which are those of the request.
    """
    found = [call for call in cloud.calls() if not call.startswith("GET keystone")]
    cloud.forget()
    return [re.sub(r"start=[^&]*&end=[^&]*&", "", call) for call in found]
