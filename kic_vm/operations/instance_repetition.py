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


def find(scope: Scope) -> list[JSON]:
    """The servers that this request has made before. One upstream call, with a key only.

    :raises IdempotencyKeyReused: the key came with another request
    """
    asked = scope.context.idempotent_request
    if asked is None:
        return []
    found = scope.openstack.compute.list_tagged_servers(_identity_tag(asked))
    if any(_fingerprint_tag(asked) not in server["tags"] for server in found):
        raise exceptions.IdempotencyKeyReused
    return sorted(found, key=lambda server: str(server["name"]))
