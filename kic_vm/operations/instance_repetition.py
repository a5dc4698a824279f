"""An instance that is asked for once more is found by tags that the first request gave it.

So a retry makes no second machine even where Redis has lost what it knew, or the first answer was
lost between Nova and the gateway.
"""

from typing import Any, Final

from kic_vm import exceptions
from kic_vm.context import IdempotentRequest
from kic_vm.operations.scope import Scope

JSON = dict[str, Any]

# Nova's tags have at most 60 characters.
_DIGITS: Final = 40


def _identity_tag(asked: IdempotentRequest) -> str:
    return f"kic-vm-key-{asked.identity[:_DIGITS]}"


def _fingerprint_tag(asked: IdempotentRequest) -> str:
    return f"kic-vm-request-{asked.fingerprint[:_DIGITS]}"


def tags(scope: Scope) -> list[str]:
    """What marks the servers of this request; nothing where it came without a key."""
    asked = scope.context.idempotent_request
    return [_identity_tag(asked), _fingerprint_tag(asked)] if asked else []


def find(scope: Scope, count: int) -> list[JSON]:
    """The servers that this request has made before. One upstream call, with a key only.

    Those on their way out do not count: they are what is left of a request that failed.

    :raises IdempotencyKeyReused: the key came with another request
    :raises Conflict: some of the servers are there, some are not
    """
    asked = scope.context.idempotent_request
    if asked is None:
        return []
    found = [
        server
        for server in scope.openstack.compute.list_tagged_servers(_identity_tag(asked))
        if server["OS-EXT-STS:task_state"] != "deleting"
    ]
    if any(_fingerprint_tag(asked) not in server["tags"] for server in found):
        raise exceptions.IdempotencyKeyReused
    if found and len(found) < count:
        raise exceptions.Conflict(
            f"Of the {count} instances that this request asked for, {len(found)} are there: delete "
            "them, or ask for the missing ones with another key."
        )
    return found
