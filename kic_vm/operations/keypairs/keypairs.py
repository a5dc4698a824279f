# SPDX-License-Identifier: Apache-2.0
"""Keypairs of a project: create, import, get, list."""

import time
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, Final

from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.adapters.http.interleaved import gather_reads
from kic_vm.cache.stored_lists import Pagination
from kic_vm.idempotent_request import IdempotentRequest
from kic_vm.mappings import keypairs as mapping
from kic_vm.mappings.keypairs import CreatedKeypairView, KeypairView, ProjectKeypair
from kic_vm.operations import current_roles, earlier_attempts, listing, rollback
from kic_vm.operations.keypairs import index as keypair_index
from kic_vm.operations.keypairs.assembly import Index
from kic_vm.operations.keypairs.creators import CREATE
from kic_vm.operations.request import RequestServices
from kic_vm.resources.compute import Keypair, UserKeypair
from kic_vm.schemas.keypairs import KeypairListQuerySchema

LOG = logging.getLogger(__name__)

_FILTERS: Final = listing.filters_of(KeypairListQuerySchema)


def get_index(services: RequestServices, name: str) -> Index:
    """The index of the project's keypairs, which contains this one.

    It contains the caller's own keypair even if the cloud refuses to show the gateway the others.

    :raises NotFound: the project has no keypair with this name
    :raises GatewayNotAllowed: another user may have a keypair with this name
    """
    try:
        index = keypair_index.get_with(services, name)
    except exceptions.GatewayNotAllowed as error:
        if not services.may(CREATE):
            raise
        try:
            own: ProjectKeypair = {
                **_get_own(services, name),
                "user_id": services.user_id,
                "creator_has_left": False,
                "creator_is_unlisted": False,
            }
        except exceptions.NotFound:
            raise error from None
        return Index(time.time(), {name: own}, {}, {}, [])
    if name not in index.keypairs:
        raise no_such_keypair(name)
    return index


def no_such_keypair(name: str) -> exceptions.NotFound:
    """The error for a name that no keypair of the project has."""
    return exceptions.NotFound(f"There is no keypair {name!r} in this project.")


def _get_own(services: RequestServices, name: str) -> Keypair:
    return services.openstack.compute.get_keypair(mapping.nova_name(services.project_id, name))


def create_keypair(
    services: RequestServices, name: str, public_key: str | None
) -> CreatedKeypairView:
    """Create a keypair; if Nova generates the private key, only this response has it.

    One upstream call, and the calls that rebuild the index: only afterwards is it known whether
    another user took the name at the same moment. The keypair that Nova created first stays.

    :raises AlreadyExists: the project already has a keypair with this name
    :raises Forbidden: the caller has just lost the role in the project
    :raises IdempotencyAnswerWithheld: an earlier attempt created it, and Nova returned the private
        key only once
    """
    if made := _find_made(services, name, public_key):
        # The answer to its creation may have been lost, so no process knows yet that it exists.
        keypair_index.invalidate(services)
        _check_creator(services, name, keypair_index.rebuild(services))
        if public_key is None:
            earlier_attempts.refuse_withheld_answer(services)
        return mapping.created_keypair(made, name)
    earlier_attempts.note_absence(services)
    index = keypair_index.get_with(services, name, is_expected=False)
    if name in index.keypairs:
        raise exceptions.AlreadyExists(_taken(name))
    in_nova = mapping.nova_name(services.project_id, name)
    earlier_attempts.note_start(services)
    try:
        created = services.openstack.compute.create_keypair(in_nova, public_key)
    finally:
        keypair_index.invalidate(services)
    try:
        index = keypair_index.rebuild(services, undecided=name)
    except exceptions.KicVmError:
        _remove(services, name)
        raise
    _check_creator(services, name, index)
    return mapping.created_keypair(created, name)


def _find_made(services: RequestServices, name: str, public_key: str | None) -> Keypair | None:
    """The caller's keypair in Nova, if an earlier attempt created it.

    One upstream call for a request with an Idempotency-Key, otherwise none. An imported keypair is
    recognized by its public key, even if Redis has lost the record of the attempt. A generated
    keypair is recognized by its name, which was free when the attempt noted its start.
    """

    def find(_request: IdempotentRequest) -> list[Keypair]:
        own = services.openstack.compute.find_keypair(mapping.nova_name(services.project_id, name))
        if own is None:
            return []
        if public_key is None:
            return [own] if earlier_attempts.has_started(services) else []
        return [own] if own["public_key"].strip() == public_key.strip() else []

    found = earlier_attempts.find_made(services, find)
    return found[0] if found else None


def _check_creator(services: RequestServices, name: str, index: Index) -> None:
    """Remove the caller's new keypair and refuse the request if it is not the project's.

    An earlier attempt's keypair is removed only if that attempt noted its start.

    :raises AlreadyExists: another user has created the project's keypair with this name
    :raises Forbidden: the caller may no longer create keypairs in the project
    """
    kept = index.keypairs.get(name)
    if kept and kept["user_id"] == services.user_id and not kept["creator_has_left"]:
        return
    if not earlier_attempts.is_found(services) or earlier_attempts.has_started(services):
        _remove(services, name)
    if kept is None:
        raise exceptions.Forbidden(current_roles.CHANGED)
    raise exceptions.AlreadyExists(_taken(name))


def _taken(name: str) -> str:
    return f"The project already has a keypair {name!r}: choose another name."


def _remove(services: RequestServices, name: str) -> None:
    """Delete a keypair of the caller, because creating it failed.

    :raises IdempotencyInProgress: an earlier attempt that created it may still be in progress
    """
    try:
        services.openstack.compute.delete_keypair(mapping.nova_name(services.project_id, name))
    except exceptions.IdempotencyInProgress:
        raise
    except exceptions.KicVmError as error:
        LOG.warning("Could not delete the keypair of a failed request: %s", error)
        rollback.note_remains()
    else:
        earlier_attempts.note_removal(services)
    finally:
        keypair_index.invalidate(services)


def get_keypair(services: RequestServices, name: str) -> KeypairView:
    """One keypair by its name. One upstream call if the index is fresh.

    For a former member's keypair, the index counts, whatever the creator has in Nova now.
    """
    keypair = get_index(services, name).keypairs[name]
    in_nova = _get(services, name, keypair["user_id"])
    if _differ(in_nova, keypair) and not keypair["creator_has_left"]:
        # The keypair was changed directly in Nova: rebuild the index to learn whose it is now.
        keypair_index.invalidate(services)
        keypair = get_index(services, name).keypairs[name]
        in_nova = _get(services, name, keypair["user_id"])
        if in_nova is None and not keypair["creator_has_left"]:
            raise no_such_keypair(name)
    shown: Keypair | ProjectKeypair = keypair
    if in_nova and not (keypair["creator_has_left"] and _differ(in_nova, keypair)):
        shown = in_nova
    return mapping.keypair_from_keypair(shown, name, keypair["user_id"])


def _get(services: RequestServices, name: str, user_id: str) -> Keypair | None:
    """The keypair that a user has in Nova under this name; None without one."""
    try:
        if user_id == services.user_id:
            return _get_own(services, name)
        in_nova = mapping.nova_name(services.project_id, name)
        with keypair_index.refusals_reported():
            return services.as_gateway().openstack.compute.get_keypair(in_nova, user_id)
    except exceptions.NotFound:
        return None


def _differ(in_nova: Keypair | None, keypair: ProjectKeypair) -> bool:
    """Whether the keypair in Nova differs from the index, or is missing."""
    return in_nova is None or mapping.differ(in_nova, keypair)


def list_keypairs(
    services: RequestServices, query: Mapping[str, Any]
) -> tuple[list[KeypairView], Pagination]:
    """A page of the project's keypairs. One upstream call if the index is fresh; 0 for readers.

    The caller's keypairs come from Nova, and the others from the index. If the cloud refuses to
    show the gateway the others, the list has only the caller's.
    """
    if services.may(CREATE):
        mine, indexed = gather_reads(
            services.openstack.compute.list_keypairs, partial(_indexed, services)
        )
        named = _with_own(services, indexed, mine)
    else:
        named = _indexed(services)
    keypairs: list[KeypairView] = [
        {
            **mapping.keypair_from_keypair(keypair, name, keypair["user_id"]),
            "created_at": None,  # Nova's lists lack it, and the index has it for few keypairs
        }
        for name, keypair in sorted(named.items())  # by name, as their ages are unknown
    ]
    return listing.select(keypairs, query, _FILTERS)


def _with_own(
    services: RequestServices,
    indexed: Mapping[str, ProjectKeypair],
    mine: Iterable[UserKeypair],
) -> Mapping[str, ProjectKeypair]:
    """The project's keypairs by name; the caller's keypairs come from Nova's current list."""
    own: dict[str, ProjectKeypair] = {
        name: {
            **keypair,
            "user_id": services.user_id,
            "creator_has_left": False,
            "creator_is_unlisted": False,
        }
        for keypair in mine
        if (name := mapping.project_name(services.project_id, keypair["name"])) is not None
    }
    others = {
        name: keypair
        for name, keypair in indexed.items()
        if keypair["user_id"] != services.user_id or keypair["creator_has_left"]
    }
    return own | others


def _indexed(services: RequestServices) -> Mapping[str, ProjectKeypair]:
    """The project's keypairs by name; none if the cloud refuses to show them to the gateway."""
    try:
        return keypair_index.get(services).keypairs
    except exceptions.GatewayNotAllowed:
        return {}
