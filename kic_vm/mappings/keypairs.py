# SPDX-License-Identifier: Apache-2.0
"""Nova keypair -> keypair of the contract, and the names of a keypair in Nova.

In the contract a keypair belongs to a project, in Nova to a user. So its name in Nova contains the
project: ``kic-<project>-<name>``, with the project's 128 bits as 22 characters of URL-safe base64.
Another member who uses it has a copy of its public key, whose name contains the creator too:
``kic2-<project>-<creator>-<name>``, or ``kic3-`` if the creator's id has 256 bits and 43
characters.
"""

import base64
import hashlib
import re
import string
from typing import Final, NamedTuple, NotRequired, TypedDict

from kic_vm.mappings.times import utc
from kic_vm.resources.compute import Keypair, UserKeypair

NOVA_MAXIMUM: Final = 255
_MARK: Final = "kic-"
_CODE_LENGTH: Final = 22
# Prefix of a copy's name -> length of its creator's code.
_COPY_MARKS: Final = {"kic2-": _CODE_LENGTH, "kic3-": 43}


class ProjectKeypair(UserKeypair):
    """A keypair of a project: its creator's keypair in Nova, or a copy if the creator has left."""

    user_id: str
    creator_has_left: bool
    """Keystone lists no role with which the creator may create keypairs in the project."""
    creator_is_unlisted: NotRequired[bool]
    """The creator's role came from a token alone: Keystone's list of roles cannot show that it has
    gone. Missing in indexes of earlier versions.
    """


class KeypairView(TypedDict):
    """A keypair in the responses to get and list; see KeypairSchema."""

    id: str
    name: str
    user_id: str
    fingerprint: str
    public_key: str
    type: str
    created_at: str | None


class CreatedKeypairView(TypedDict):
    """A keypair in the response to a creation; see CreatedKeypairSchema."""

    name: str
    user_id: str
    fingerprint: str
    public_key: str
    private_key: str | None
    type: str


class Copy(NamedTuple):
    """The content of a copy's name: the creator and the name of the original keypair."""

    creator_id: str
    """The creator's id as ``normalized_id`` returns it."""
    name: str


def _bits(identifier: str) -> bytes:
    """The bits of a hexadecimal Keystone id; for any other id, a digest."""
    if len(identifier) in {32, 64} and set(identifier) <= set(string.hexdigits):
        return bytes.fromhex(identifier)
    return hashlib.sha256(identifier.encode()).digest()[:16]


def _code(bits: bytes) -> str:
    return base64.urlsafe_b64encode(bits).decode().rstrip("=")


def _prefix(project_id: str) -> str:
    return f"{_MARK}{_code(_bits(project_id)[:16])}-"


NAME_MAXIMUM: Final = NOVA_MAXIMUM - len(f"kic3-{'p' * _CODE_LENGTH}-{'c' * 43}-")


def nova_name(project_id: str, name: str) -> str:
    """The name in Nova of a project's keypair."""
    return _prefix(project_id) + name


def project_name(project_id: str, name_in_nova: str) -> str | None:
    """The keypair's name in the project; None for a keypair that is not the project's."""
    prefix = _prefix(project_id)
    return name_in_nova.removeprefix(prefix) or None if name_in_nova.startswith(prefix) else None


def copy_name(project_id: str, creator_id: str, name: str) -> str:
    """The name in Nova of another member's copy of a project's keypair."""
    code = _code(_bits(creator_id))
    mark = next(mark for mark, length in _COPY_MARKS.items() if length == len(code))
    return f"{mark}{_prefix(project_id).removeprefix(_MARK)}{code}-{name}"


def normalized_id(user_id: str) -> str:
    """A creator's id as a copy's name contains it: the id itself, or a digest of an unusual id."""
    return _bits(user_id).hex()


def copy_of(project_id: str, name_in_nova: str) -> Copy | None:
    """The project keypair that this is a copy of; None if it is not a copy.

    Users can give their own keypairs in Nova any name: only names from ``copy_name`` count.
    """
    for mark, length in _COPY_MARKS.items():
        prefix = mark + _prefix(project_id).removeprefix(_MARK)
        match = re.fullmatch(
            f"{re.escape(prefix)}([\\w-]{{{length}}})-(.+)", name_in_nova, re.ASCII
        )
        if match:
            code, name = match.groups()
            bits = base64.urlsafe_b64decode(code + "=" * (-length % 4))
            return Copy(bits.hex(), name) if _code(bits) == code else None
    return None


def instance_key_name(project_id: str, name_in_nova: str | None) -> str | None:
    """The keypair name that an instance shows; None for an instance without a keypair.

    A keypair that was created directly in Nova keeps its Nova name.
    """
    if not name_in_nova:
        return None
    copy = copy_of(project_id, name_in_nova)
    return copy.name if copy else project_name(project_id, name_in_nova) or name_in_nova


def keypair_from_keypair(keypair: Keypair | ProjectKeypair, name: str, user_id: str) -> KeypairView:
    """The contract's keypair.

    Its id is its name: requests address it by name, and Nova's lists lack Nova's number.
    ``created_at`` is null in lists: only Nova's answer about a single keypair has it.

    :param user_id: the creator; Nova's lists hold one user's keypairs without the user's id
    """
    return {
        "id": name,
        "name": name,
        "user_id": keypair.get("user_id") or user_id,
        "fingerprint": keypair["fingerprint"],
        "public_key": keypair["public_key"],
        "type": keypair.get("type", "ssh"),
        "created_at": utc(keypair.get("created_at")),
    }


def differ(keypair: UserKeypair, other: UserKeypair) -> bool:
    """Whether two keypairs have different keys."""
    return (keypair["fingerprint"], keypair["public_key"]) != (
        other["fingerprint"],
        other["public_key"],
    )


def created_keypair(keypair: Keypair, name: str) -> CreatedKeypairView:
    """The contract's response to a create, the only one with a private key."""
    return {
        "name": name,
        "user_id": keypair["user_id"],
        "fingerprint": keypair["fingerprint"],
        "public_key": keypair["public_key"],
        "private_key": keypair.get("private_key"),
        "type": keypair.get("type", "ssh"),
    }
