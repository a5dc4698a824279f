# SPDX-License-Identifier: Apache-2.0
"""Reads whose answers a library fails to read: errors that name the service, never a 500."""

from typing import Final

import pytest

from kic_vm import policies
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.populated import populate
from tests.unit.prepared import prepare
from tests.unit.requests_of import arguments_of, path_of
from tests.unit.unreadable_answers import UNREADABLE

READS: Final = sorted(
    guarded["path"]
    for rule in policies.guarding_rules()
    for guarded in rule.operations
    if guarded["method"] == "GET" and rule.check_str != policies.base.PUBLIC
)


@pytest.mark.parametrize("path", READS)
def test_read(admin: Caller, populated: Cloud, path: str) -> None:
    """Whichever read of an operation it is."""
    for kind, answer in UNREADABLE.items():
        populate(populated)
        prepare(populated, f"GET {path}")
        populated.answer_reads(**answer)
        populated.forget()
        response = admin.request("GET", path_of("GET", path), **arguments_of("GET", path))
        if populated.calls():
            assert response.status_code in {502, 503}, (kind, response.text)
            assert response.json["error"]["service"], kind
