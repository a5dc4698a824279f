# SPDX-License-Identifier: Apache-2.0
"""The order in which a request calls services side by side: the same in all operations.

Two requests with opposite orders could each hold the place in a bulkhead that the other waits for.
"""

import pytest

from kic_vm import policies
from kic_vm.adapters.http.interleaved import SERVICE_ORDER
from tests.unit.cloud import URLS, Cloud
from tests.unit.conftest import Caller
from tests.unit.prepared import prepare
from tests.unit.requests_of import arguments_of, path_of

SERVICES = {"compute": "nova", "network": "neutron", "block-storage": "cinder", "image": "glance"}
# They read from Cinder first, and from Nova when they have its answer.
ONE_AFTER_THE_OTHER = {"/api/v1/volumes/{volume_id}"}
READS = sorted(
    guarded["path"]
    for rule in policies.guarding_rules()
    for guarded in rule.operations
    if guarded["method"] == "GET"
    and rule.check_str != policies.base.PUBLIC
    and guarded["path"] not in ONE_AFTER_THE_OTHER
)


@pytest.mark.parametrize("path", READS)
def test_reads(admin: Caller, populated: Cloud, path: str) -> None:
    """The first calls to the services have the common order."""
    prepare(populated, f"GET {path}")
    populated.forget()
    admin.get(path_of("GET", path), **arguments_of("GET", path))
    order: list[str] = []
    for request in populated.requests():
        for service in SERVICE_ORDER:
            if request.url.startswith(URLS[SERVICES[service]]) and service not in order:
                order.append(service)
    assert order == sorted(order, key=SERVICE_ORDER.index)
