# SPDX-License-Identifier: Apache-2.0
"""While nothing changes, the real services answer the same byte for byte, and lists are kept."""

import time
from collections.abc import Callable
from typing import Final

import openstack

from kic_vm.operations.recent_lists import SERVICES
from tests.functional.client import Client, Gateway, free_port
from tests.functional.instances import Instances
from tests.functional.test_metrics import read, value

_MAX_AGE: Final = 1
_ROUNDS: Final = 4
# Other tests may change these at the same time.
_SHARED: Final = {"flavors", "images"}
# Each process of Neutron returns the rules of a group in an order of its own.
_IN_ANY_ORDER: Final = {"security-groups"}


def test_unchanged(
    start_gateway: Callable[..., Gateway],
    instances: Instances,
    cloud: Callable[[str], openstack.connection.Connection],
) -> None:
    """Each list is found unchanged, and is the same as a fresh one."""
    instances.make_active()
    port = free_port()
    gateway = start_gateway(metrics={"port": str(port)})
    client = Client(gateway.url, cloud("kic-admin").auth_token)
    headers = {"Cache-Control": f"max-age={_MAX_AGE}"}
    for _round in range(_ROUNDS):
        known = {
            name: client.request("GET", f"/api/v1/{name}", headers=headers) for name in SERVICES
        }
        time.sleep(1.1 * _MAX_AGE)
    samples = read(port)
    for name in SERVICES:
        labels = {"resource": name, "result": "unchanged"}
        is_unchanged = value(samples, "kic_vm_recent_list_reads_total", **labels) >= 1
        assert is_unchanged or name in _IN_ANY_ORDER, name
        assert name in _SHARED or known[name].json() == client.get(f"/api/v1/{name}")
