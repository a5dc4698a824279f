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
}


def get_index(services: RequestServices, name: str) -> Index:
    """The index of the project's keypairs, which has this one.

    The caller's own is in it even where the cloud does not let the gateway look at any other.

    :raises NotFound: the project has no keypair of this name
    :raises GatewayNotAllowed: it may have one of somebody else
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
    """The error that the project has no keypair of this name."""
    return exceptions.NotFound(f"There is no keypair {name!r} in this project.")


def _get_own(services: RequestServices, name: str) -> JSON:
    return services.openstack.compute.get_keypair(mapping.nova_name(services.project_id, name))


def create_keypair(services: RequestServices, name: str, public_key: str | None) -> JSON:
    """A new keypair; the answer alone has the private key, where Nova made one.

    One upstream call, and those that make the index anew: whether somebody else has taken the
    name at the same moment shows only afterwards. Of two, the one that Nova made first stays.

    :raises AlreadyExists: the project has a keypair of this name
    :raises Forbidden: the caller's role in the project has just been taken away
    """
    made = _made_before(services, name, public_key)
    if made is not None:
        return made
    earlier_attempts.note_absence(services)
    index = keypair_index.get_with(services, name, is_expected=False)
    if name in index.keypairs:
        raise exceptions.AlreadyExists(_taken(name))
    in_nova = mapping.nova_name(services.project_id, name)
    created = services.openstack.compute.create_keypair(in_nova, public_key)
    try:
        keypair_index.invalidate(services)
        kept = keypair_index.rebuild(services, undecided=name).keypairs.get(name)
    except exceptions.KicVmError:
        _remove(services, in_nova)
        raise
    if kept is None:
        _remove(services, in_nova)
        raise exceptions.Forbidden(current_roles.CHANGED)
    if kept["user_id"] != services.user_id or kept["creator_has_left"]:
        _remove(services, in_nova)
        raise exceptions.AlreadyExists(_taken(name))
    return mapping.created_keypair(created, name)


def _made_before(services: RequestServices, name: str, public_key: str | None) -> JSON | None:
    """The answer about the keypair that an earlier attempt made. One upstream call, with a key.

    An imported one is known by its public key, also if Redis has lost that there was an attempt. A
    generated one is known by its name, which was free before the attempt.

    :raises IdempotencyAnswerWithheld: Nova made the key, and told the private one once
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


def _remove(services: RequestServices, in_nova: str) -> None:
    """Take back the caller's keypair that must not stay."""
    try:
        services.openstack.compute.delete_keypair(in_nova)
    except exceptions.KicVmError as error:
        LOG.warning("Could not delete the keypair of a failed request: %s", error)
    keypair_index.invalidate(services)


def get_keypair(services: RequestServices, name: str) -> JSON:
    """One keypair by its name. One upstream call with a fresh index.

    That of a former member is what is remembered of it, whatever its creator has in Nova now.
    """
    keypair = get_index(services, name).keypairs[name]
    in_nova = _get(services, name, keypair["user_id"])
    if _differ(in_nova, keypair) and not keypair["creator_has_left"]:
        # Changed in Nova itself: by whom the name belongs to now, shows anew.
        keypair_index.invalidate(services)
        keypair = get_index(services, name).keypairs[name]
        in_nova = _get(services, name, keypair["user_id"])
        if in_nova is None and not keypair["creator_has_left"]:
            raise no_such_keypair(name)
    shown = keypair
    if in_nova and not (keypair["creator_has_left"] and _differ(in_nova, keypair)):
        shown = in_nova
    return mapping.keypair_from_keypair(shown, name, keypair["user_id"])


def _get(services: RequestServices, name: str, user_id: str) -> JSON | None:
    """What a user has in Nova under a keypair's name, the caller or somebody else."""
    try:
        if user_id == services.user_id:
            return _get_own(services, name)
        in_nova = mapping.nova_name(services.project_id, name)
        with keypair_index.refusals_reported():
            return services.as_gateway().openstack.compute.get_keypair(in_nova, user_id)
    except exceptions.NotFound:
        return None


def _differ(in_nova: JSON | None, keypair: JSON) -> bool:
    """Whether Nova has another key than the index, or none."""
    return in_nova is None or any(
        in_nova[field] != keypair[field] for field in ("fingerprint", "public_key")
    )


def list_keypairs(services: RequestServices, query: Mapping[str, Any]) -> tuple[list[JSON], JSON]:
    """A page of the project's keypairs. One upstream call with a fresh index, none for a reader.

    Those that the caller has made come from Nova as they are now, the others from the index. Where
    the cloud does not let the gateway look at those, the caller's are all there is.
    """
    if services.may(CREATE):
        mine, indexed = gather_reads(
            services.openstack.compute.list_keypairs, partial(_indexed, services)
        )
        named = _with_own(services, indexed, mine)
    else:
        named = _indexed(services)
    keypairs = [
        mapping.keypair_from_keypair(keypair, name, keypair["user_id"])
        | {"created_at": None}  # Nova's lists have none, and the index has it of a few only
        for name, keypair in sorted(named.items())  # as their ages are unknown
    ]
    return listing.select(keypairs, query, _FILTERS)


def _with_own(
    services: RequestServices, indexed: Mapping[str, JSON], mine: Iterable[JSON]
) -> Mapping[str, JSON]:
    """The project's keypairs by name, the caller's as Nova has them now."""
    own = {
        name: keypair | {"user_id": services.user_id}
        for keypair in mine
        if (name := mapping.project_name(services.project_id, keypair["name"])) is not None
    }
    others = {
        name: keypair
        for name, keypair in indexed.items()
        if keypair["user_id"] != services.user_id or keypair["creator_has_left"]
    }
    return own | others


def _indexed(services: RequestServices) -> Mapping[str, JSON]:
    """The project's keypairs by name; none where the cloud does not let the gateway look."""
    try:
        return keypair_index.get(services).keypairs
    except exceptions.GatewayNotAllowed:
        return {}
