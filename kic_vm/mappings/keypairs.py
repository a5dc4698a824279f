"""Nova keypair -> keypair of the contract, and the two names of a keypair.

A keypair belongs to a project here and to a user in Nova. So in Nova it bears a name that carries
the project: ``kic-<project>-<name>``, the project's 128 bits as 22 characters of URL-safe base64.
"""

import base64
import hashlib
import string
from typing import Any, Final

from kic_vm.mappings.times import utc

JSON = dict[str, Any]

NOVA_MAXIMUM: Final = 255
_MARK: Final = "kic-"


def _project_code(project_id: str) -> str:
    is_uuid = len(project_id) == 32 and set(project_id) <= set(string.hexdigits)
    bits = bytes.fromhex(project_id) if is_uuid else hashlib.sha256(project_id.encode()).digest()
    return base64.urlsafe_b64encode(bits[:16]).decode().rstrip("=")


def _prefix(project_id: str) -> str:
    return f"{_MARK}{_project_code(project_id)}-"


NAME_MAXIMUM: Final = NOVA_MAXIMUM - len(_prefix("0" * 32))


def nova_name(project_id: str, name: str) -> str:
    """The name in Nova of a project's keypair."""
    return _prefix(project_id) + name


def project_name(project_id: str, name_in_nova: str) -> str | None:
    """The keypair's name in the project; None for a keypair that is not the project's."""
    prefix = _prefix(project_id)
    return name_in_nova.removeprefix(prefix) if name_in_nova.startswith(prefix) else None


def shown_name(project_id: str, name_in_nova: str | None) -> str | None:
    """The keypair name that an instance shows.

    One that was made in Nova itself keeps its name there. An instance without a keypair has None.
    """
    if not name_in_nova:
        return None
    return project_name(project_id, name_in_nova) or name_in_nova


def keypair_from_keypair(keypair: JSON, name: str, user_id: str) -> JSON:
    """The contract's keypair.

    Its id is its name: that is what addresses it, and Nova's number is not in Nova's lists.
    ``created_at`` is in Nova's answer about a single keypair only, else null.

    :param user_id: the owner; Nova's lists hold the caller's own keypairs and do not say so
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


def created_keypair(keypair: JSON, name: str) -> JSON:
    """The contract's answer to a creation, the only one that has a private key."""
    return {
        "name": name,
        "user_id": keypair["user_id"],
        "fingerprint": keypair["fingerprint"],
        "public_key": keypair["public_key"],
        "private_key": keypair.get("private_key"),
        "type": keypair.get("type", "ssh"),
    }
