"""An instance that is asked for once more is found by tags that the first request gave it.

So a retry makes no second machine even where Redis has lost what it knew, or the first answer was
lost between Nova and the gateway.
"""

from typing import Any

from kic_vm import exceptions
from kic_vm.idempotent_request import IdempotentRequest
from kic_vm.mappings import request_marks
from kic_vm.operations import earlier_attempts
from kic_vm.operations.request import RequestServices

JSON = dict[str, Any]


def find(services: RequestServices, count: int) -> list[JSON]:
    """The servers that this request has made before. One upstream call, with a key only.

    Those on their way out do not count: they are what is left of a request that failed.

    :raises IdempotencyKeyReused: the key came with another request
    :raises Conflict: some of the servers are there, some are not
    """

    def list_made(request: IdempotentRequest) -> list[JSON]:
        tag = request_marks.key_tag(request)
        made = [
            server
            for server in services.openstack.compute.list_tagged_servers(tag)
            if server["OS-EXT-STS:task_state"] != "deleting"
        ]
        request_marks.check_request(made, request)
        if len(made) < count and request.is_repeated:
            # A list of tagged servers leaves out the cells that do not respond; this one fails.
            services.openstack.compute.list_server_ids()
        return made

    made = earlier_attempts.find_made(services, list_made)
    if made and len(made) < count:
        raise exceptions.Conflict(
            f"Of the {count} instances that this request asked for, {len(made)} are there: delete "
            "them, or ask for the missing ones with another key."
        )
    return made
