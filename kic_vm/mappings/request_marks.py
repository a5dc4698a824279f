"""Marks on the resources of a request with an Idempotency-Key, by which a retry finds them.

Each service accepts the mark in another field at creation: Nova in tags, Cinder in metadata,
Neutron in the description. (Neutron accepts tags only in a separate call, and a mark that is set
later may be lost.) A mark consists of digests: it reveals neither the key nor the request.
"""

import base64
import re
from typing import Any, Final

from kic_vm import exceptions
from kic_vm.idempotent_request import IdempotentRequest

JSON = dict[str, Any]

# Nova's tags have at most 60 characters.
_TAG_DIGITS: Final = 40
_METADATA_KEY: Final = "kic-vm-key"
_METADATA_REQUEST: Final = "kic-vm-request"
_METADATA: Final = frozenset({_METADATA_KEY, _METADATA_REQUEST})
_DESCRIPTION_MARK: Final = re.compile(r" ?\[kic-vm [\w-]{22}\.[\w-]{22}\]$", re.ASCII)
_DESCRIPTION_MAXIMUM: Final = 255  # Neutron's


def key_tag(request: IdempotentRequest) -> str:
    """The tag of every server that was created for the key."""
    return f"kic-vm-key-{request.identity[:_TAG_DIGITS]}"


def tags(request: IdempotentRequest | None) -> list[str]:
    """The tags for the servers of a request; empty without a key."""
    return [key_tag(request), _request_tag(request)] if request else []


def _request_tag(request: IdempotentRequest) -> str:
    return f"kic-vm-request-{request.fingerprint[:_TAG_DIGITS]}"


def key_metadata(request: IdempotentRequest) -> dict[str, str]:
    """The metadata of every volume and snapshot that was created for the key."""
    return {_METADATA_KEY: request.identity}


def metadata(request: IdempotentRequest | None) -> dict[str, str]:
    """The metadata for the volume or snapshot of a request; empty without a key."""
    return {**key_metadata(request), _METADATA_REQUEST: request.fingerprint} if request else {}


def own_metadata(metadata: dict[str, str]) -> dict[str, str]:
    """The metadata without the marks, as clients see it."""
    return {key: value for key, value in metadata.items() if key not in _METADATA}


def check_request(resources: list[JSON], request: IdempotentRequest) -> None:
    """Check that the resources with a key's mark were created for this request.

    :param resources: servers with ``tags``, or volumes or snapshots with ``metadata``
    :raises IdempotencyKeyReused: the key was used for a different request
    """
    for resource in resources:
        if "tags" in resource:
            is_same = _request_tag(request) in resource["tags"]
        else:
            is_same = resource["metadata"].get(_METADATA_REQUEST) == request.fingerprint
        if not is_same:
            raise exceptions.IdempotencyKeyReused


def marked_description(description: str, request: IdempotentRequest | None) -> str:
    """The description with the mark of a request; unchanged without a key.

    :raises InvalidRequest: the description leaves no room for the mark
    """
    if request is None:
        return description
    mark = f"[kic-vm {_short(request.identity)}.{_short(request.fingerprint)}]"
    marked = f"{description} {mark}" if description else mark
    if len(marked) > _DESCRIPTION_MAXIMUM:
        maximum = _DESCRIPTION_MAXIMUM - len(mark) - 1
        raise exceptions.InvalidRequest(
            f"description: must be at most {maximum} characters with an Idempotency-Key."
        )
    return marked


def own_description(description: str | None) -> str:
    """A description without its mark, as clients see it."""
    return _DESCRIPTION_MARK.sub("", description or "")


def changed_description(current: str | None, description: str) -> str:
    """The new description, with the mark of the current one if there is room for it."""
    mark = _DESCRIPTION_MARK.search(current or "")
    marked = f"{description} {mark[0].strip()}".strip() if mark else description
    return marked if len(marked) <= _DESCRIPTION_MAXIMUM else description


def _short(digest: str) -> str:
    """The first 128 bits of a digest as 22 characters."""
    return base64.urlsafe_b64encode(bytes.fromhex(digest)[:16]).decode().rstrip("=")
