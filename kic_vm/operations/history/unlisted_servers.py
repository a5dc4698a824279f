# SPDX-License-Identifier: Apache-2.0
"""Servers of the record that Nova's lists lack.

A list does not prove that a server is gone: the query in one cell can fail while all cells respond
before and after it.
"""

from collections.abc import Iterable
from functools import partial

from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.adapters.http.interleaved import gather_reads
from kic_vm.history.records import DELETED, ServerRecord
from kic_vm.operations.history.action_events import chunks
from kic_vm.operations.request import RequestServices

LOG = logging.getLogger(__name__)


def confirm_gone(
    services: RequestServices, servers: Iterable[ServerRecord], *, by_operator: bool
) -> set[str]:
    """The ids of servers that are in no list, after Nova has said that it has none of them.

    One upstream call for each, and for an operator one more.

    :raises UpstreamUnavailable: Nova has one of them, so its lists were not complete
    :raises GatewayNotAllowed: the operator's user cannot tell
    """
    unlisted = list(servers)
    if unlisted and by_operator and not services.openstack.compute.is_admin():
        # For any other user, other projects' servers do not exist.
        LOG.error(
            "The user of [service_user] is not an admin in Nova, so the gateway cannot tell "
            "whether instances still exist: give it the admin role"
        )
        raise exceptions.GatewayNotAllowed
    for chunk in chunks(unlisted):
        if any(gather_reads(*(partial(_is_known, services, server) for server in chunk))):
            raise exceptions.UpstreamUnavailable("compute")
    return {server["id"] for server in unlisted}


def _is_known(services: RequestServices, server: ServerRecord) -> bool:
    """Whether Nova has a server, or a record of it if it was deleted."""
    compute = services.openstack.compute
    if server["status"] == DELETED or server["OS-SRV-USG:launched_at"]:
        return compute.has_record(server["id"])
    # Nova never lists a server that was deleted before it had a host, but may keep its record.
    return compute.find_server(server["id"]) is not None
