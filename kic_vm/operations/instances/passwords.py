# SPDX-License-Identifier: Apache-2.0
"""Passwords of instances."""

from functools import partial

from kic_vm.adapters import compute
from kic_vm.adapters.http.interleaved import gather_reads
from kic_vm.operations.ownership import get_own_server
from kic_vm.operations.request import RequestServices


def get_password(services: RequestServices, instance_id: str) -> str:
    """The encrypted password that the guest has set. 2 upstream calls side by side."""
    _server, password = gather_reads(
        partial(get_own_server, services, instance_id, compute.STATE),
        partial(services.openstack.compute.get_server_password, instance_id),
    )
    return str(password)
