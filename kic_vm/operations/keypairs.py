"""Keypairs of a project: create, import, get, list, use, delete."""

import contextlib
from collections.abc import Mapping
from functools import partial
from typing import Any

from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.adapters.compute import Compute
from kic_vm.adapters.parallel import gather
from kic_vm.mappings import keypairs as mapping
from kic_vm.metrics import gateway as metrics
from kic_vm.operations import keypair_index, listing
from kic_vm.operations.scope import Scope

JSON = dict[str, Any]

LOG = logging.getLogger(__name__)

_FILTERS = {
    "id": listing.equals("id"),
    "name": listing.contains("name"),
    "type": listing.equals("type"),
    "fingerprint": listing.equals("fingerprint"),
    "created_at": listing.dated("created_at"),
}


def create_keypair(scope: Scope, name: str, public_key: str | None) -> JSON:
    """A new keypair; the answer alone has the private key, where Nova made one.

    One upstream call, and those that make the index anew: whether somebody else has taken the
    name at the same moment shows only afterwards. Of two, the one that Nova made first stays.

    :raises AlreadyExists: the project has a keypair of this name
    """
    if keypair_index.find(scope, name, is_expected=False) is not None:
        raise exceptions.AlreadyExists(_taken(name))
    in_nova = mapping.nova_name(scope.project_id, name)
    created = scope.openstack.compute.create_keypair(in_nova, public_key)
    try:
        keypair_index.invalidate(scope)
        kept = keypair_index.rebuild(scope).keypairs.get(name)
    except exceptions.KicVmError:
        _remove(scope, in_nova)
        raise
    if kept is not None and kept["user_id"] != scope.user_id:
        _remove(scope, in_nova)
        raise exceptions.AlreadyExists(_taken(name))
    return mapping.created_keypair(created, name)


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
    """One keypair by its name. One upstream call with a fresh index."""
    found = _find(scope, name)
    try:
        keypair = _get(scope, name, found["user_id"])
    except exceptions.NotFound:
        # Somebody has removed it in Nova itself; another member may have made it anew.
        keypair_index.invalidate(scope)
        found = _find(scope, name)
        keypair = _get(scope, name, found["user_id"])
    return mapping.keypair_from_keypair(keypair, name, found["user_id"])


def _get(scope: Scope, name: str, user_id: str) -> JSON:
    """What Nova has of a keypair, the caller's own or somebody else's."""
    in_nova = mapping.nova_name(scope.project_id, name)
    if user_id == scope.user_id:
        return scope.openstack.compute.get_keypair(in_nova)
    with keypair_index.as_admin():
        return scope.as_gateway().openstack.compute.get_keypair(in_nova, user_id)


def list_keypairs(scope: Scope, query: Mapping[str, Any]) -> tuple[list[JSON], JSON]:
    """A page of the project's keypairs. One upstream call with a fresh index.

    The caller's own come from Nova as they are now, those of others from the index. Where the
    cloud does not let the gateway look at those of others, the caller's own are all there is.
    """
    mine, theirs = gather(scope.openstack.compute.list_keypairs, partial(_others, scope))
    named: dict[str, JSON] = dict(theirs)
    for keypair in mine:
        name = mapping.project_name(scope.project_id, keypair["name"])
        if name is not None:
            named.setdefault(name, keypair)
    keypairs = [
        mapping.keypair_from_keypair(keypair, name, scope.user_id)
        | {"created_at": None}  # Nova's lists have none, and the index has it of a few only
        for name, keypair in named.items()
    ]
    return listing.select(keypairs, query, _FILTERS)


def _others(scope: Scope) -> dict[str, JSON]:
    """The project's keypairs that are not the caller's, by name."""
    try:
        keypairs = keypair_index.get(scope).keypairs
    except exceptions.GatewayNotAllowed:
        return {}
    return {name: one for name, one in keypairs.items() if one["user_id"] != scope.user_id}


def delete_keypair(scope: Scope, name: str) -> None:
    """Remove a keypair, and the copies that other members have of it.

    Instances made with it keep their key. One upstream call with a fresh index, and one for each
    copy; a copy that cannot be removed now is the worker's.

    :raises NotTheCreator: somebody else has made it
    """
    found = _find(scope, name)
    if found["user_id"] != scope.user_id:
        raise exceptions.NotTheCreator(
            f"The keypair {name!r} was made by somebody else: only who has made a keypair may "
            "delete it."
        )
    holders = _holders(scope, name)
    try:
        scope.openstack.compute.delete_keypair(mapping.nova_name(scope.project_id, name))
    finally:
        keypair_index.invalidate(scope)
    if holders:
        copy = mapping.copy_name(scope.project_id, scope.user_id, name)
        remove_copies(scope.as_gateway(), [(user_id, copy) for user_id in holders])


def _holders(scope: Scope, name: str) -> Mapping[str, str]:
    """Who has a copy of the keypair, and its fingerprint; nobody where that cannot be known."""
    try:
        return keypair_index.get(scope).copies.get(name, {})
    except exceptions.GatewayNotAllowed:
        return {}


def _find(scope: Scope, name: str) -> JSON:
    """The project's keypair of this name, with its creator's ``user_id``.

    The caller's own is found even where the cloud does not let the gateway look at any other.

    :raises NotFound: the project has no keypair of this name
    :raises GatewayNotAllowed: it may have one of somebody else
    """
    try:
        found = keypair_index.find(scope, name)
    except exceptions.GatewayNotAllowed as error:
        try:
            found = _get(scope, name, scope.user_id) | {"user_id": scope.user_id}
        except exceptions.NotFound:
            raise error from None
    if found is None:
        raise exceptions.NotFound(f"There is no keypair {name!r} in this project.")
    return found


def remove_copies(gateway: Scope, copies: list[tuple[str, str]]) -> None:
    """Remove users' copies of what is no more; one that cannot be removed is logged.

    :param copies: user id and name in Nova
    """
    gather(*(partial(_remove_copy, gateway, user_id, copy) for user_id, copy in copies))


def _remove_copy(gateway: Scope, user_id: str, copy: str) -> None:
    try:
        gateway.openstack.compute.delete_keypair(copy, user_id)
    except exceptions.NotFound:
        return
    except exceptions.KicVmError as error:
        LOG.warning("A copy of a keypair that is no more stays behind: %s", error)
        metrics.count_upkeep("remove_keypair_copy", is_done=False)
    else:
        metrics.count_upkeep("remove_keypair_copy")


def usable_name(scope: Scope, field: str, name: str) -> str:
    """The name in Nova under which the caller can give one of the project's keypairs to a server.

    The creator's own is there. Another member gets a copy of its public key, unless there is one
    already: one upstream call the first time, three where an old copy is in the way, later none.

    :param field: where the request names it
    :raises InvalidRequest: the project has no keypair of this name
    """
    try:
        found = _find(scope, name)
    except exceptions.NotFound:
        message = f"{field}: there is no keypair {name!r} in the project."
        raise exceptions.InvalidRequest(message) from None
    if found["user_id"] == scope.user_id:
        return mapping.nova_name(scope.project_id, name)
    copy = mapping.copy_name(scope.project_id, found["user_id"], name)
    if _holders(scope, name).get(scope.user_id) != found["fingerprint"]:
        _import(scope, copy, found)
        keypair_index.remember_copy(scope, name, found["fingerprint"])
    return copy


def _import(scope: Scope, copy: str, original: JSON) -> None:
    """Give the caller a copy of a public key, in the place of one that is out of date."""
    compute = scope.openstack.compute
    create = partial(
        compute.create_keypair, copy, original["public_key"], original.get("type", "ssh")
    )
    with contextlib.suppress(exceptions.AlreadyExists):
        create()
        return
    if _fingerprint(compute, copy) == original["fingerprint"]:
        return
    # Another request of the caller's may be replacing it at this moment too.
    with contextlib.suppress(exceptions.NotFound):
        compute.delete_keypair(copy)
    try:
        create()
    except exceptions.AlreadyExists:
        if _fingerprint(compute, copy) != original["fingerprint"]:
            raise


def _fingerprint(compute: Compute, in_nova: str) -> str | None:
    """That of a keypair of the caller's; None where it has just gone."""
    try:
        return str(compute.get_keypair(in_nova)["fingerprint"])
    except exceptions.NotFound:
        return None
