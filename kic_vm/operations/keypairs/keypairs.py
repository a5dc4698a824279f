"""Keypairs of a project: create, import, get, list."""

import time
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.adapters.interleaved import gather
from kic_vm.mappings import keypairs as mapping
from kic_vm.operations import current_roles, earlier_attempts, listing
from kic_vm.operations.keypairs import index as keypair_index
from kic_vm.operations.keypairs.assembly import Index
from kic_vm.operations.keypairs.creators import CREATE
from kic_vm.operations.request import Scope

JSON = dict[str, Any]

LOG = logging.getLogger(__name__)

_FILTERS = {
    "id": listing.equals("id"),
    "name": listing.contains("name"),
    "type": listing.equals("type"),
    "fingerprint": listing.equals("fingerprint"),
}


def get_index(scope: Scope, name: str) -> Index:
    """The index of the project's keypairs, which has this one.

    The caller's own is in it even where the cloud does not let the gateway look at any other.

    :raises NotFound: the project has no keypair of this name
    :raises GatewayNotAllowed: it may have one of somebody else
    """
    try:
        index = keypair_index.get_with(scope, name)
    except exceptions.GatewayNotAllowed as error:
        if not scope.may(CREATE):
            raise
        try:
            own = _get_own(scope, name)
        except exceptions.NotFound:
            raise error from None
        own |= {"user_id": scope.user_id, "creator_has_left": False}
        return Index(time.time(), {name: own}, {}, {}, [])
    if name not in index.keypairs:
        raise not_there(name)
    return index


def not_there(name: str) -> exceptions.NotFound:
    """The error that the project has no keypair of this name."""
    return exceptions.NotFound(f"There is no keypair {name!r} in this project.")


def _get_own(scope: Scope, name: str) -> JSON:
    return scope.openstack.compute.get_keypair(mapping.nova_name(scope.project_id, name))


def create_keypair(scope: Scope, name: str, public_key: str | None) -> JSON:
    """A new keypair; the answer alone has the private key, where Nova made one.

    One upstream call, and those that make the index anew: whether somebody else has taken the
    name at the same moment shows only afterwards. Of two, the one that Nova made first stays.

    :raises AlreadyExists: the project has a keypair of this name
    :raises Forbidden: the caller's role in the project has just been taken away
    """
    made = _made_before(scope, name, public_key)
    if made is not None:
        return made
    earlier_attempts.note_absence(scope)
    index = keypair_index.get_with(scope, name, is_expected=False)
    if name in index.keypairs:
        raise exceptions.AlreadyExists(_taken(name))
    in_nova = mapping.nova_name(scope.project_id, name)
    created = scope.openstack.compute.create_keypair(in_nova, public_key)
    try:
        keypair_index.invalidate(scope)
        kept = keypair_index.rebuild(scope, undecided=name).keypairs.get(name)
    except exceptions.KicVmError:
        _remove(scope, in_nova)
        raise
    if kept is None:
        _remove(scope, in_nova)
        raise exceptions.Forbidden(current_roles.CHANGED)
    if kept["user_id"] != scope.user_id or kept["creator_has_left"]:
        _remove(scope, in_nova)
        raise exceptions.AlreadyExists(_taken(name))
    return mapping.created_keypair(created, name)


def _made_before(scope: Scope, name: str, public_key: str | None) -> JSON | None:
    """The answer about the keypair that an earlier attempt made. One upstream call, with a key.

    An imported one is known by its public key, also if Redis has lost that there was an attempt. A
    generated one is known by its name, which was free before the attempt.

    :raises IdempotencyAnswerWithheld: Nova made the key, and told the private one once
    """
    if scope.context.idempotent_request is None:
        return None
    try:
        own = _get_own(scope, name)
    except exceptions.NotFound:
        return None
    if public_key is None and earlier_attempts.is_repeated(scope):
        earlier_attempts.refuse_to_tell_again(scope)
    if public_key is None or own["public_key"].strip() != public_key.strip():
        return None
    return mapping.created_keypair(own, name)


def _taken(name: str) -> str:
    return f"The project has a keypair {name!r} already: choose another name."


def _remove(scope: Scope, in_nova: str) -> None:
    """Take back the caller's keypair that must not stay."""
    try:
        scope.openstack.compute.delete_keypair(in_nova)
    except exceptions.KicVmError as error:
        LOG.warning("A keypair that was not to be made stays behind: %s", error)
    keypair_index.invalidate(scope)


def get_keypair(scope: Scope, name: str) -> JSON:
    """One keypair by its name. One upstream call with a fresh index.

    That of a former member is what is remembered of it, whatever its creator has in Nova now.
    """
    keypair = get_index(scope, name).keypairs[name]
    in_nova = _get(scope, name, keypair["user_id"])
    if _differ(in_nova, keypair) and not keypair["creator_has_left"]:
        # Changed in Nova itself: by whom the name belongs to now, shows anew.
        keypair_index.invalidate(scope)
        keypair = get_index(scope, name).keypairs[name]
        in_nova = _get(scope, name, keypair["user_id"])
        if in_nova is None and not keypair["creator_has_left"]:
            raise not_there(name)
    shown = keypair
    if in_nova and not (keypair["creator_has_left"] and _differ(in_nova, keypair)):
        shown = in_nova
    return mapping.keypair_from_keypair(shown, name, keypair["user_id"])


def _get(scope: Scope, name: str, user_id: str) -> JSON | None:
    """What a user has in Nova under a keypair's name, the caller or somebody else."""
    try:
        if user_id == scope.user_id:
            return _get_own(scope, name)
        in_nova = mapping.nova_name(scope.project_id, name)
        with keypair_index.as_admin():
            return scope.as_gateway().openstack.compute.get_keypair(in_nova, user_id)
    except exceptions.NotFound:
        return None


def _differ(in_nova: JSON | None, keypair: JSON) -> bool:
    """Whether Nova has another key than the index, or none."""
    return in_nova is None or any(
        in_nova[field] != keypair[field] for field in ("fingerprint", "public_key")
    )


def list_keypairs(scope: Scope, query: Mapping[str, Any]) -> tuple[list[JSON], JSON]:
    """A page of the project's keypairs. One upstream call with a fresh index, none for a reader.

    Those that the caller has made come from Nova as they are now, the others from the index. Where
    the cloud does not let the gateway look at those, the caller's are all there is.
    """
    if scope.may(CREATE):
        mine, indexed = gather(scope.openstack.compute.list_keypairs, partial(_indexed, scope))
        named = _with_own(scope, indexed, mine)
    else:
        named = _indexed(scope)
    keypairs = [
        mapping.keypair_from_keypair(keypair, name, keypair["user_id"])
        | {"created_at": None}  # Nova's lists have none, and the index has it of a few only
        for name, keypair in sorted(named.items())  # as their ages are unknown
    ]
    return listing.select(keypairs, query, _FILTERS)


def _with_own(
    scope: Scope, indexed: Mapping[str, JSON], mine: Iterable[JSON]
) -> Mapping[str, JSON]:
    """The project's keypairs by name, the caller's as Nova has them now."""
    own = {
        name: keypair | {"user_id": scope.user_id}
        for keypair in mine
        if (name := mapping.project_name(scope.project_id, keypair["name"])) is not None
    }
    others = {
        name: keypair
        for name, keypair in indexed.items()
        if keypair["user_id"] != scope.user_id or keypair["creator_has_left"]
    }
    return own | others


def _indexed(scope: Scope) -> Mapping[str, JSON]:
    """The project's keypairs by name; none where the cloud does not let the gateway look."""
    try:
        return keypair_index.get(scope).keypairs
    except exceptions.GatewayNotAllowed:
        return {}
