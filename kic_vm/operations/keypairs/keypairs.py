"""Keypairs of a project: create, import, get, list."""

import time
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.adapters.interleaved import gather_reads
from kic_vm.mappings import keypairs as mapping
from kic_vm.operations import current_roles, earlier_attempts, listing
from kic_vm.operations.keypairs import index as keypair_index
from kic_vm.operations.keypairs.assembly import Index
from kic_vm.operations.keypairs.creators import CREATE
from kic_vm.operations.request import RequestServices

JSON = dict[str, Any]

LOG = logging.getLogger(__name__)

_FILTERS = {
    "id": listing.equals("id"),
    "name": listing.contains("name"),
    "type": listing.equals("type"),
    "fingerprint": listing.equals("fingerprint"),
    "created_at": listing.dated("created_at"),
}


def get_index(services: RequestServices, name: str) -> Index:
    """The index of the project's keypairs, which contains this name.

    It contains the caller's own keypair even when the cloud does not let the gateway's user list
    other users' keypairs.

    :raises NotFound: the project has no keypair with this name
    :raises GatewayNotAllowed: another user's keypairs may have the name, but cannot be listed
    """
    try:
        index = keypair_index.get_with(services, name)
    except exceptions.GatewayNotAllowed as error:
        if not services.may(CREATE):
            raise
        try:
            own = _get_own(services, name)
        except exceptions.NotFound:
            raise error from None
        own |= {"user_id": services.user_id, "creator_has_left": False}
        return Index(time.time(), {name: own}, {}, {}, [])
    if name not in index.keypairs:
        raise no_such_keypair(name)
    return index


def no_such_keypair(name: str) -> exceptions.NotFound:
    """The error for a name that no keypair of the project has."""
    return exceptions.NotFound(f"There is no keypair {name!r} in this project.")


def _get_own(services: RequestServices, name: str) -> JSON:
    return services.openstack.compute.get_keypair(mapping.nova_name(services.project_id, name))


def create_keypair(services: RequestServices, name: str, public_key: str | None) -> JSON:
    """Create or import a keypair; a generated private key is returned only here.

    One upstream call, and those that rebuild the index: only the rebuilt index shows whether
    another user has taken the name at the same moment. Of two, the keypair that Nova created first
    stays.

    :raises AlreadyExists: the project has a keypair with this name
    :raises Forbidden: the caller no longer has the required role in the project
    """
    existing = _find_existing(services, name, public_key)
    if existing is not None:
        return existing
    earlier_attempts.note_absence(services)
    index = keypair_index.get_with(services, name, is_expected=False)
    if name in index.keypairs:
        raise exceptions.AlreadyExists(_taken(name))
    nova_name = mapping.nova_name(services.project_id, name)
    created = services.openstack.compute.create_keypair(nova_name, public_key)
    try:
        keypair_index.invalidate(services)
        indexed = keypair_index.rebuild(services, undecided=name).keypairs.get(name)
    except exceptions.KicVmError:
        _roll_back(services, nova_name)
        raise
    if indexed is None:
        _roll_back(services, nova_name)
        raise exceptions.Forbidden(current_roles.CHANGED)
    if indexed["user_id"] != services.user_id or indexed["creator_has_left"]:
        _roll_back(services, nova_name)
        raise exceptions.AlreadyExists(_taken(name))
    return mapping.created_keypair(created, name)


def _find_existing(services: RequestServices, name: str, public_key: str | None) -> JSON | None:
    """The keypair that an earlier attempt created, if any.

    One upstream call, only with an Idempotency-Key. An imported keypair is recognized by its
    public key, even when Redis has lost the record of the attempt. A generated one is recognized
    by its name, which was free before the attempt.

    :raises IdempotencyAnswerWithheld: Nova generated the key and returned the private key once
    """
    if services.context.idempotent_request is None:
        return None
    try:
        own = _get_own(services, name)
    except exceptions.NotFound:
        return None
    if public_key is None and earlier_attempts.is_repeated(services):
        earlier_attempts.refuse_withheld_answer(services)
    if public_key is None or own["public_key"].strip() != public_key.strip():
        return None
    return mapping.created_keypair(own, name)


def _taken(name: str) -> str:
    return f"The project already has a keypair {name!r}: choose another name."


def _roll_back(services: RequestServices, nova_name: str) -> None:
    """Delete the keypair that this request has just created."""
    try:
        services.openstack.compute.delete_keypair(nova_name)
    except exceptions.KicVmError as error:
        LOG.warning("Could not delete the keypair of a failed request: %s", error)
    keypair_index.invalidate(services)


def get_keypair(services: RequestServices, name: str) -> JSON:
    """One keypair by its name. One upstream call with a fresh index.

    A former member's keypair comes from the index, whatever its creator has in Nova now.
    """
    keypair = get_index(services, name).keypairs[name]
    nova_keypair = _get(services, name, keypair["user_id"])
    if _differ(nova_keypair, keypair) and not keypair["creator_has_left"]:
        # Changed directly in Nova: a rebuilt index decides whose keypair has the name now.
        keypair_index.invalidate(services)
        keypair = get_index(services, name).keypairs[name]
        nova_keypair = _get(services, name, keypair["user_id"])
        if nova_keypair is None and not keypair["creator_has_left"]:
            raise no_such_keypair(name)
    current = keypair
    if nova_keypair and not (keypair["creator_has_left"] and _differ(nova_keypair, keypair)):
        current = nova_keypair
    return mapping.keypair_from_keypair(current, name, keypair["user_id"])


def _get(services: RequestServices, name: str, user_id: str) -> JSON | None:
    """The Nova keypair of any user for a project keypair's name; None if there is none."""
    try:
        if user_id == services.user_id:
            return _get_own(services, name)
        nova_name = mapping.nova_name(services.project_id, name)
        with keypair_index.refusals_reported():
            return services.as_gateway().openstack.compute.get_keypair(nova_name, user_id)
    except exceptions.NotFound:
        return None


def _differ(nova_keypair: JSON | None, keypair: JSON) -> bool:
    """Whether Nova has another key than the index, or none."""
    return nova_keypair is None or any(
        nova_keypair[field] != keypair[field] for field in ("fingerprint", "public_key")
    )


def list_keypairs(services: RequestServices, query: Mapping[str, Any]) -> tuple[list[JSON], JSON]:
    """A page of the project's keypairs. One upstream call with a fresh index, none for a reader.

    The caller's own keypairs come from Nova, the others from the index. When the cloud does not
    let the gateway's user list other users' keypairs, the page has only the caller's.
    """
    if services.may(CREATE):
        own, indexed = gather_reads(
            services.openstack.compute.list_keypairs, partial(_indexed, services)
        )
        by_name = _with_own(services, indexed, own)
    else:
        by_name = _indexed(services)
    keypairs = [
        mapping.keypair_from_keypair(keypair, name, keypair["user_id"])
        | {"created_at": None}  # not in Nova's lists, and in the index for a few keypairs only
        for name, keypair in by_name.items()
    ]
    return listing.select(keypairs, query, _FILTERS)


def _with_own(
    services: RequestServices, indexed: Mapping[str, JSON], own_keypairs: Iterable[JSON]
) -> Mapping[str, JSON]:
    """The project's keypairs by name; the caller's come from Nova."""
    own = {
        name: keypair | {"user_id": services.user_id}
        for keypair in own_keypairs
        if (name := mapping.project_name(services.project_id, keypair["name"])) is not None
    }
    others = {
        name: keypair
        for name, keypair in indexed.items()
        if keypair["user_id"] != services.user_id or keypair["creator_has_left"]
    }
    return own | others


def _indexed(services: RequestServices) -> Mapping[str, JSON]:
    """The indexed keypairs by name; none when the gateway's user may not list them."""
    try:
        return keypair_index.get(services).keypairs
    except exceptions.GatewayNotAllowed:
        return {}
