# SPDX-License-Identifier: Apache-2.0
"""Marks on resources created with an Idempotency-Key, so that a retry finds them.

Each service has a different place for a mark at creation: Nova has tags, Cinder has metadata,
Neutron has the description. (Neutron sets tags only in a separate call, and a mark that is set
later may be lost.) A mark consists of digests: it reveals neither the key nor the request.
"""

import base64
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from kic_vm import exceptions
from kic_vm.exceptions import FieldErrorCode
from kic_vm.idempotent_request import IdempotentRequest
from kic_vm.resources.network import Described

# Nova's tags have at most 60 characters.
_TAG_DIGITS: Final = 40
_METADATA_KEY: Final = "kic-vm-key"
_METADATA_REQUEST: Final = "kic-vm-request"
_METADATA: Final = frozenset({_METADATA_KEY, _METADATA_REQUEST})
_DESCRIPTION_MARK: Final = re.compile(r" ?\[kic-vm ([\w-]{22})\.([\w-]{22})\]$", re.ASCII)
_DESCRIPTION_MAXIMUM: Final = 255  # Neutron's


def key_tag(request: IdempotentRequest) -> str:
    """The tag of all resources created for the key."""
    return f"kic-vm-key-{request.identity[:_TAG_DIGITS]}"


def tags(request: IdempotentRequest | None) -> list[str]:
    """The tags of resources that a request creates; none for a request without a key."""
    return [key_tag(request), _request_tag(request)] if request else []


def _request_tag(request: IdempotentRequest) -> str:
    return f"kic-vm-request-{request.fingerprint[:_TAG_DIGITS]}"


def key_metadata(request: IdempotentRequest) -> dict[str, str]:
    """The metadata of all resources created for the key."""
    return {_METADATA_KEY: request.identity}


def metadata(request: IdempotentRequest | None) -> dict[str, str]:
    """The metadata of resources that a request creates; empty for a request without a key."""
    return {**key_metadata(request), _METADATA_REQUEST: request.fingerprint} if request else {}


def own_metadata(shown: dict[str, str]) -> dict[str, str]:
    """Metadata without marks, as returned to clients."""
    return {key: value for key, value in shown.items() if key not in _METADATA}


def check_request(made: Iterable[Mapping[str, Any]], request: IdempotentRequest) -> None:
    """Check that the resources created for a key were created for this request.

    :param made: servers with ``tags``, or volumes or snapshots with ``metadata``
    :raises IdempotencyKeyReused: the key was used for another request
    """
    for resource in made:
        if "tags" in resource:
            is_same = _request_tag(request) in resource["tags"]
        else:
            is_same = resource["metadata"].get(_METADATA_REQUEST) == request.fingerprint
        if not is_same:
            raise exceptions.IdempotencyKeyReused


def marked_description(description: str, request: IdempotentRequest | None) -> str:
    """A description with the mark of a request; unchanged for a request without a key.

    :raises InvalidRequest: there is no room for the mark
    """
    if request is None:
        return description
    mark = f"[kic-vm {_short(request.identity)}.{_short(request.fingerprint)}]"
    maximum = _room_beside(mark)
    if len(description) > maximum:
        raise exceptions.InvalidField(
            "description",
            f"must be at most {maximum} characters with an Idempotency-Key.",
            FieldErrorCode.OUT_OF_RANGE,
        )
    return _with_mark(description, mark)


def _with_mark(description: str, mark: str) -> str:
    return f"{description} {mark}" if description else mark


def _room_beside(mark: str) -> int:
    """The number of characters that a description with a mark can have."""
    return _DESCRIPTION_MAXIMUM - len(mark) - 1


def made_by(described: Iterable[Described], request: IdempotentRequest) -> str | None:
    """The id of the Neutron resource that was created for a request; None if there is none.

    :param described: resources with ``description``, which can have changed since, but for its mark
    :raises IdempotencyKeyReused: the key was used for another request
    """
    for resource in described:
        mark = _DESCRIPTION_MARK.search(resource["description"] or "")
        if mark and mark[1] == _short(request.identity):
            if mark[2] != _short(request.fingerprint):
                raise exceptions.IdempotencyKeyReused
            return resource["id"]
    return None


def own_description(shown: str | None) -> str:
    """A description without its mark, as returned to clients."""
    return _DESCRIPTION_MARK.sub("", shown or "")


def changed_description(present: str | None, description: str) -> str:
    """A new description that keeps the mark of the present one.

    :raises InvalidRequest: there is no room for the mark
    """
    mark = _DESCRIPTION_MARK.search(present or "")
    if mark is None:
        return description
    own_mark = mark[0].strip()
    maximum = _room_beside(own_mark)
    if len(description) > maximum:
        raise exceptions.InvalidField(
            "description",
            f"must be at most {maximum} characters, as its creation had an Idempotency-Key.",
            FieldErrorCode.OUT_OF_RANGE,
        )
    return _with_mark(description, own_mark)


def _short(digest: str) -> str:
    """The first 128 bits of a digest as 22 characters."""
    return base64.urlsafe_b64encode(bytes.fromhex(digest)[:16]).decode().rstrip("=")
