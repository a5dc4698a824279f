# SPDX-License-Identifier: Apache-2.0
"""Copies of the project's keypairs, for members other than the creator.

A copy is the member's own keypair in Nova, with the same public key. It is created once and never
replaced: whatever happens to the creator's keypair, the member keeps the same key.
"""

import contextlib
from collections.abc import Iterable
from functools import partial

from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.adapters.parallel import run_in_threads
from kic_vm.exceptions import FieldErrorCode
from kic_vm.mappings import keypairs as mapping
from kic_vm.mappings.keypairs import ProjectKeypair
from kic_vm.metrics import gateway as metrics
from kic_vm.operations.keypairs import index as keypair_index
from kic_vm.operations.keypairs.keypairs import get_index
from kic_vm.operations.request import RequestServices

LOG = logging.getLogger(__name__)


def usable_name(services: RequestServices, field: str, name: str) -> str:
    """The Nova name of one of the project's keypairs, for the caller's use in a server.

    The creator uses the original. For any other member, the public key is imported unless the
    member already has a copy: one upstream call the first time, two for a copy that the index
    lacks, none later.

    :param field: the request field that names the keypair
    :raises InvalidRequest: the project has no keypair with this name
    :raises KeypairChanged: the caller has used another key under this name, or the name is disputed
    """
    try:
        index = get_index(services, name)
    except exceptions.NotFound:
        raise exceptions.InvalidField(
            field, f"there is no keypair {name!r} in this project.", FieldErrorCode.NOT_FOUND
        ) from None
    keypair = index.keypairs[name]
    if keypair["user_id"] == services.user_id and not keypair["creator_has_left"]:
        return mapping.nova_name(services.project_id, name)
    copy = mapping.copy_name(services.project_id, keypair["user_id"], name)
    held = index.held.get(name, {}).get(services.user_id, {})
    if name in index.disputed and copy not in held:
        raise _disputed(field, name, index.disputed[name])
    for fingerprint in held.values():
        if fingerprint != keypair["fingerprint"]:
            raise _changed(services, field, name, keypair, fingerprint)
    if copy not in held:
        _import(services, field, name, copy, keypair)
        keypair_index.remember_copy(services, name, copy, keypair["fingerprint"])
    return copy


def _import(
    services: RequestServices, field: str, name: str, copy: str, original: ProjectKeypair
) -> None:
    """Import the public key as the caller's copy; an existing copy stays."""
    compute = services.openstack.compute
    create = partial(
        compute.create_keypair, copy, original["public_key"], original.get("type", "ssh")
    )
    with contextlib.suppress(exceptions.AlreadyExists):
        create()
        return
    try:
        fingerprint = compute.get_keypair(copy)["fingerprint"]
    except exceptions.NotFound:  # deleted just now
        create()
        return
    if fingerprint != original["fingerprint"]:
        raise _changed(services, field, name, original, fingerprint)


def _changed(
    services: RequestServices, field: str, name: str, keypair: ProjectKeypair, used_fingerprint: str
) -> exceptions.KeypairChanged:
    fingerprint = keypair["fingerprint"]
    LOG.warning(
        "Refused a changed keypair in project %s: the keypair of user %s has fingerprint %s, but "
        "user %s has used fingerprint %s under the same name",
        services.project_id,
        keypair["user_id"],
        fingerprint,
        services.user_id,
        used_fingerprint,
    )
    metrics.count_keypair_change("refused")
    return exceptions.KeypairChanged(
        f"{field}: the keypair {name!r} has changed since you last used it: its fingerprint is "
        f"now {fingerprint}, and was {used_fingerprint}. Use another keypair, or ask its creator "
        "to delete this one and create it again.",
        fingerprint=fingerprint,
        used_fingerprint=used_fingerprint,
    )


def _disputed(field: str, name: str, fingerprints: Iterable[str]) -> exceptions.KeypairChanged:
    metrics.count_keypair_change("refused")
    distinct = list(fingerprints)
    return exceptions.KeypairChanged(
        f"{field}: members have different keys with the name {name!r}, with the fingerprints "
        f"{', '.join(distinct)}, and it is not certain which of them is the project's keypair. Use "
        "another keypair, or ask a project admin to delete this one.",
        fingerprints=distinct,
    )


def remove_copies(gateway: RequestServices, copies: list[tuple[str, str]]) -> bool:
    """Delete users' copies; whether all are deleted. Failures are logged.

    :param copies: user id and name in Nova
    """
    return all(
        run_in_threads(*(partial(_remove_copy, gateway, user_id, copy) for user_id, copy in copies))
    )


def _remove_copy(gateway: RequestServices, user_id: str, copy: str) -> bool:
    compute = gateway.openstack.compute
    try:
        try:
            compute.delete_keypair(copy, user_id)
        except exceptions.NotFound:
            if compute.find_keypair(copy, user_id) is None:
                return True
            raise
    except exceptions.KicVmError as error:
        LOG.warning("Could not delete a copy of a deleted keypair: %s", error)
        metrics.count_upkeep("remove_keypair_copy", is_done=False)
        return False
    metrics.count_upkeep("remove_keypair_copy")
    return True
