# SPDX-License-Identifier: Apache-2.0
"""Idempotent instance creation: the first request tags its servers, and a retry finds the tags.

So a retry never creates a second instance, even when Redis has lost its records or Nova's answer to
the first request was lost.
"""

from kic_vm import exceptions
from kic_vm.idempotent_request import IdempotentRequest
from kic_vm.mappings import request_marks
from kic_vm.operations import earlier_attempts
from kic_vm.operations.request import RequestServices
from kic_vm.resources.compute import Server


def find(services: RequestServices, count: int) -> list[Server]:
    """The servers that an earlier attempt of this request created.

    2 upstream calls, only with an Idempotency-Key; one if all servers exist. Servers that are being
    deleted do not count: they are the remains of a failed request.

    :raises IdempotencyKeyReused: the key was used for a different request
    :raises Conflict: some of the requested servers exist, others do not
    :raises UpstreamUnavailable: a cell with servers of the project does not answer
    """

    def list_existing(request: IdempotentRequest) -> list[Server]:
        tag = request_marks.key_tag(request)
        servers = [
            server
            for server in services.openstack.compute.list_tagged_servers(tag)
            if server["OS-EXT-STS:task_state"] != "deleting"
        ]
        request_marks.check_request(servers, request)
        if len(servers) < count:
            # A list of tagged servers leaves out cells that do not respond; this list fails then.
            # It is also read for a first request: the store may have lost the record of another.
            services.openstack.compute.list_server_ids()
        return servers

    servers = earlier_attempts.find_made(services, list_existing)
    if servers and len(servers) < count:
        raise exceptions.Conflict(
            f"This request created {len(servers)} of its {count} instances: delete them and try "
            "again, or request the missing ones with another Idempotency-Key."
        )
    return servers
