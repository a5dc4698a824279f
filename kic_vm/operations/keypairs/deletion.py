# SPDX-License-Identifier: Apache-2.0
"""Deletion of a project keypair, by its creator, or by an admin when the creator has left.

The copies that other users have are deleted too. The gateway's own user deletes them, so Keystone
validates the caller's token again first: the token may be revoked, and its roles out of date.
Keystone's list of roles lacks those that come from a federation or a trust, so it proves nothing
about creators who may have such a role.
"""

from collections.abc import Collection
from functools import partial

from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.adapters.http.interleaved import gather_reads
from kic_vm.mappings import keypairs as mapping
from kic_vm.operations import current_roles
from kic_vm.operations.keypairs import index as keypair_index
from kic_vm.operations.keypairs.assembly import Index
from kic_vm.operations.keypairs.copies import remove_copies
from kic_vm.operations.keypairs.creators import CREATE, Roles, permitted
from kic_vm.operations.keypairs.keypairs import get_index, no_such_keypair
from kic_vm.operations.request import RequestServices
from kic_vm.policies.keypairs import DELETE_OF_FORMER_MEMBER

LOG = logging.getLogger(__name__)


def delete_keypair(services: RequestServices, name: str) -> None:
    """Delete a keypair, and the copies that other users have of it.

    Instances created with it keep their key. 2 upstream calls with a fresh index, and one for each
    copy. When the creator deletes the keypair, the worker deletes the copies that fail here.

    :raises NotTheCreator: another user created it, and may still delete it
    :raises Conflict: another user created it, who may still be a member by a federation or a trust
    :raises Forbidden: the caller no longer has the required role in the project
    """
    index = get_index(services, name)
    if index.keypairs[name]["user_id"] == services.user_id and not _is_callers(
        services, index, name
    ):
        # The creator has returned: roles have changed since the index was built.
        keypair_index.invalidate(services)
        index = get_index(services, name)
    if _is_callers(services, index, name):
        _delete_own(services, index, name)
    else:
        _delete_of_former_member(services, name)


def _is_callers(services: RequestServices, index: Index, name: str) -> bool:
    """Whether the caller is the creator and may still create keypairs."""
    keypair = index.keypairs[name]
    return keypair["user_id"] == services.user_id and not keypair["creator_has_left"]


def _delete_own(services: RequestServices, index: Index, name: str) -> None:
    current_roles.require(services, CREATE)
    try:
        services.openstack.compute.delete_keypair(mapping.nova_name(services.project_id, name))
    finally:
        keypair_index.forget(services, name)
    copy = mapping.copy_name(services.project_id, services.user_id, name)
    copies = [(user_id, copy) for user_id in index.copies(services.project_id, name)]
    remove_copies(services.as_gateway(), copies)


def _delete_of_former_member(services: RequestServices, name: str) -> None:
    """Delete a keypair whose creator may no longer create keypairs in the project.

    The former member's own keypair in Nova stays: it no longer counts in the project. Without the
    copies nothing restores the project's keypair, not even when Redis loses its data.

    If it is disputed with a member's keypair, the admin decides for the member's: a copy can name
    any user as its creator, and a federated user could be a member at any time.
    """
    if not services.may(DELETE_OF_FORMER_MEMBER):
        raise _not_the_creator(name)
    gateway = services.as_gateway()
    roles = current_roles.read_if_allowed(
        services, DELETE_OF_FORMER_MEMBER, partial(_list_roles, gateway)
    )
    index = keypair_index.rebuild(services, roles=roles)
    if name not in index.keypairs:
        raise no_such_keypair(name)
    if not index.keypairs[name]["creator_has_left"]:
        raise _not_the_creator(name)
    copies = _copies_of_former_members(gateway, services, index, name, roles)
    creator = mapping.normalized_id(index.keypairs[name]["user_id"])
    possible_members = set()
    if not _is_disputed_by_member(services, index, name):
        possible_members = _possible_members(gateway, index, {creator, *copies})
    if creator in possible_members:
        raise exceptions.Conflict(
            f"The creator of the keypair {name!r} may still be a member of the project, by a "
            "federated login or a trust. Ask the creator to delete it or, if the creator has left, "
            "the operator of this cloud to remove the user."
        )
    removed = [copy for owner in copies.keys() - possible_members for copy in copies[owner]]
    if not remove_copies(gateway, removed):
        keypair_index.invalidate(services)
        raise exceptions.UpstreamError(
            "compute",
            f"Some copies of the keypair {name!r} could not be deleted, so the keypair still "
            "exists. Delete it again later.",
        )
    keypair_index.forget(services, name)
    LOG.info(
        "User %s deleted a keypair of project %s that the former member %s had created",
        services.user_id,
        services.project_id,
        index.keypairs[name]["user_id"],
    )


def _is_disputed_by_member(services: RequestServices, index: Index, name: str) -> bool:
    """Whether a user who may create keypairs has another keypair with a disputed name."""
    nova_name = mapping.nova_name(services.project_id, name)
    held = index.held.get(name, {}).values()
    return name in index.disputed and any(nova_name in owned for owned in held)


def _list_roles(gateway: RequestServices) -> Roles:
    with keypair_index.refusals_reported():
        return gateway.openstack.identity.list_roles_in_project(gateway.project_id)


def _not_the_creator(name: str) -> exceptions.NotTheCreator:
    return exceptions.NotTheCreator(
        f"Another user created the keypair {name!r}: only the user who created a keypair can "
        "delete it."
    )


def _copies_of_former_members(
    gateway: RequestServices, services: RequestServices, index: Index, name: str, roles: Roles
) -> dict[str, list[tuple[str, str]]]:
    """The copies with this name of former members' keypairs, of all users of the project.

    By the normalized id of the keypair's creator.

    The index has the copies of users who may create keypairs. Other users may get that role back,
    and their copies would count again: one upstream call for each of them.
    """
    creators = permitted(services.app_state, services.project_id, roles)
    creator_ids = {mapping.normalized_id(user_id) for user_id in creators}
    others = sorted(roles.keys() - set(creators))
    with keypair_index.refusals_reported():
        lists = gather_reads(
            *(partial(gateway.openstack.compute.list_keypairs, user_id) for user_id in others)
        )
    owned = [
        (user_id, nova_name)
        for user_id, held in index.held.get(name, {}).items()
        for nova_name in held
    ]
    owned += [
        (user_id, keypair["name"])
        for user_id, keypairs in zip(others, lists, strict=True)
        for keypair in keypairs
    ]
    copies: dict[str, list[tuple[str, str]]] = {}
    for user_id, nova_name in owned:
        copy = mapping.copy_of(services.project_id, nova_name)
        if copy is not None and copy.name == name and copy.creator_id not in creator_ids:
            copies.setdefault(copy.creator_id, []).append((user_id, nova_name))
    return copies


def _possible_members(
    gateway: RequestServices, index: Index, creators: Collection[str]
) -> set[str]:
    """The creators whose role Keystone cannot list. One upstream call for each creator.

    Such a role comes from the token alone. A user whom Keystone does not have any more has none.

    :param creators: normalized ids of users to whom Keystone lists no role for keypairs
    """
    user_ids = {creator: creator for creator in creators}
    unlisted = set()
    for keypair in index.keypairs.values():
        creator = mapping.normalized_id(keypair["user_id"])
        user_ids[creator] = keypair["user_id"]
        if keypair.get("creator_is_unlisted"):
            unlisted.add(creator)
    find_user = gateway.openstack.identity.find_user
    with keypair_index.refusals_reported():
        users = gather_reads(*(partial(find_user, user_ids[creator]) for creator in creators))
    return {
        creator
        for creator, user in zip(creators, users, strict=True)
        if user is not None and (creator in unlisted or user.get("federated"))
    }
