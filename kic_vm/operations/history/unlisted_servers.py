# SPDX-License-Identifier: Apache-2.0
"""Servers that Nova's lists lack.

A list does not prove that a server is gone: the query in one cell can fail while all cells respond
before and after it.
"""

from collections.abc import Iterable
from functools import partial

from kic_vm import exceptions
from kic_vm.adapters.http.interleaved import gather_reads
from kic_vm.history.records import DELETED, ServerRecord
from kic_vm.operations.history.action_events import chunks
from kic_vm.operations.request import RequestServices


def confirm_gone(
    services: RequestServices,
    recorded: Iterable[ServerRecord],
    reported: Iterable[str],
    *,
    by_operator: bool,
) -> set[str]:
    """The ids of servers that are in no list, after Nova has said that it has none of them.

    One upstream call for each, and for an operator one more.

    :param recorded: servers of the last reading
    :param reported: the ids of other servers, from Nova's usage report
    :raises UpstreamUnavailable: Nova has one of them, so its lists were not complete
    :raises GatewayNotAllowed: the operator's user cannot tell
    """
    compute = services.openstack.compute
    checks = {server["id"]: partial(_is_known, services, server) for server in recorded}
    checks |= {server_id: partial(compute.has_record, server_id) for server_id in reported}
    if checks and by_operator:
        compute.check_is_admin()
    for chunk in chunks(list(checks.values())):
        if any(gather_reads(*chunk)):
            raise exceptions.UpstreamUnavailable("compute")
    return set(checks)


def _is_known(services: RequestServices, server: ServerRecord) -> bool:
    """Whether Nova has a server, or a record of it if it was deleted."""
    compute = services.openstack.compute
    if server["status"] == DELETED or server["OS-SRV-USG:launched_at"]:
        return compute.has_record(server["id"])
    # Nova never lists a server that was deleted before it had a host, but may keep its record.
    return compute.find_server(server["id"]) is not None
