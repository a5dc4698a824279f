"""Copies of the project's keypairs: what a member other than the creator gives to instances.

A copy is the member's own keypair in Nova, of the same public key. It is made once and never
replaced: whatever becomes of the creator's keypair, nobody gets another key than before.
"""

import contextlib
from collections.abc import Iterable
from functools import partial
from typing import Any

from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.adapters.parallel import run_in_threads
from kic_vm.mappings import keypairs as mapping
from kic_vm.metrics import gateway as metrics
from kic_vm.operations.keypairs import index as keypair_index
from kic_vm.operations.keypairs.keypairs import get_index
from kic_vm.operations.request import RequestServices

JSON = dict[str, Any]

LOG = logging.getLogger(__name__)


def usable_name(services: RequestServices, field: str, name: str) -> str:
    """The name in Nova under which the caller can give one of the project's keypairs to a server.

    The creator's own is there. Another member gets a copy of its public key, unless there is one
    already: one upstream call the first time, two where it is there unknown to the index, later
    none.

    :param field: where the request names it
    :raises InvalidRequest: the project has no keypair of this name
    :raises KeypairChanged: the caller has used another key under this name, or members have
        different copies of a former member's keypair
    """
    try:
        index = get_index(services, name)
    except exceptions.NotFound:
        message = f"{field}: there is no keypair {name!r} in the project."
        raise exceptions.InvalidRequest(message) from None
    keypair = index.keypairs[name]
    if keypair["user_id"] == services.user_id and not keypair["creator_has_left"]:
        return mapping.nova_name(services.project_id, name)
    copy = mapping.copy_name(services.project_id, keypair["user_id"], name)
    held = index.held.get(name, {}).get(services.user_id, {})
    for fingerprint in held.values():
        if fingerprint != keypair["fingerprint"]:
            raise _changed(services, field, name, keypair, fingerprint)
    if copy not in held:
        if name in index.disputed:
            raise _disputed(field, name, index.disputed[name])
        _import(services, field, name, copy, keypair)
        keypair_index.remember_copy(services, name, copy, keypair["fingerprint"])
    return copy


def _import(services: RequestServices, field: str, name: str, copy: str, original: JSON) -> None:
    """Give the caller a copy of a public key; one that is there stays."""
    compute = services.openstack.compute
    create = partial(
        compute.create_keypair, copy, original["public_key"], original.get("type", "ssh")
    )
    with contextlib.suppress(exceptions.AlreadyExists):
        create()
        return
    try:
        fingerprint = compute.get_keypair(copy)["fingerprint"]
    except exceptions.NotFound:  # it has just gone
        create()
        return
    if fingerprint != original["fingerprint"]:
        raise _changed(services, field, name, original, fingerprint)


def _changed(
    services: RequestServices, field: str, name: str, keypair: JSON, used: str
) -> exceptions.KeypairChanged:
    fingerprint = keypair["fingerprint"]
    LOG.warning(
        "A keypair of project %s that user %s made has the fingerprint %s; user %s, who has used "
        "%s under its name, does not get it",
        services.project_id,
        keypair["user_id"],
        fingerprint,
        services.user_id,
        used,
    )
    metrics.count_keypair_change("refused")
    return exceptions.KeypairChanged(
        f"{field}: the keypair {name!r} is not the key that you have used under this name: its "
        f"fingerprint is {fingerprint}, that of the one you have used {used}. Use another "
        "keypair, or ask its creator to delete this one and create it again.",
        fingerprint=fingerprint,
        used_fingerprint=used,
    )


def _disputed(field: str, name: str, fingerprints: Iterable[str]) -> exceptions.KeypairChanged:
    metrics.count_keypair_change("refused")
    listed = list(fingerprints)
    return exceptions.KeypairChanged(
        f"{field}: members have different copies of the keypair {name!r}, whose creator has left: "
        f"their fingerprints are {', '.join(listed)}. Use another keypair, or ask an admin of the "
        "project to delete this one.",
        fingerprints=listed,
    )


def remove_copies(gateway: RequestServices, copies: list[tuple[str, str]]) -> bool:
    """Remove users' copies; whether all are gone. One that cannot be removed is logged.

    :param copies: user id and name in Nova
    """
    return all(
        run_in_threads(*(partial(_remove_copy, gateway, user_id, copy) for user_id, copy in copies))
    )


def _remove_copy(gateway: RequestServices, user_id: str, copy: str) -> bool:
    try:
        gateway.openstack.compute.delete_keypair(copy, user_id)
    except exceptions.NotFound:
        return True
    except exceptions.KicVmError as error:
        LOG.warning("A copy of a keypair that is no more stays behind: %s", error)
        metrics.count_upkeep("remove_keypair_copy", is_done=False)
        return False
    metrics.count_upkeep("remove_keypair_copy")
    return True
