"""Deleting a keypair of the project: by its creator, or an admin where the creator has left.

The copies that other users have go along. They are removed with the gateway's own user, so the
caller's right is read from Keystone at that moment: the token's roles may be of a while ago.
"""

from functools import partial

from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.adapters.interleaved import gather_reads
from kic_vm.mappings import keypairs as mapping
from kic_vm.operations import current_roles
from kic_vm.operations.keypairs import index as keypair_index
from kic_vm.operations.keypairs.assembly import Index
from kic_vm.operations.keypairs.copies import remove_copies
from kic_vm.operations.keypairs.creators import Roles, list_creators, permitted
from kic_vm.operations.keypairs.keypairs import get_index, not_there
from kic_vm.operations.request import RequestServices
from kic_vm.policies.keypairs import DELETE_OF_FORMER_MEMBER

LOG = logging.getLogger(__name__)


def delete_keypair(services: RequestServices, name: str) -> None:
    """Remove a keypair, and the copies that other users have of it.

    Instances made with it keep their key. 3 upstream calls with a fresh index, and one for each
    copy. A copy of a creator's keypair that cannot be removed now is the worker's.

    :raises NotTheCreator: somebody else has made it, who may still delete it
    :raises Forbidden: the caller's role in the project has just been taken away
    """
    index = get_index(services, name)
    if index.keypairs[name]["user_id"] == services.user_id and not _is_callers(
        services, index, name
    ):
        # The creator is back: roles have changed since the index was made.
        keypair_index.invalidate(services)
        index = get_index(services, name)
    if _is_callers(services, index, name):
        _delete_own(services, index, name)
    else:
        _delete_of_former_member(services, name)


def _is_callers(services: RequestServices, index: Index, name: str) -> bool:
    """Whether the caller is the creator, and may create keypairs."""
    keypair = index.keypairs[name]
    return keypair["user_id"] == services.user_id and not keypair["creator_has_left"]


def _delete_own(services: RequestServices, index: Index, name: str) -> None:
    gateway = services.as_gateway()
    in_nova = mapping.nova_name(services.project_id, name)
    try:
        with keypair_index.as_admin():
            creators = list_creators(services, gateway)
    except exceptions.GatewayNotAllowed:
        # Then no index tells of copies either.
        services.openstack.compute.delete_keypair(in_nova)
        return
    if services.user_id not in creators:
        raise exceptions.Forbidden(current_roles.CHANGED)
    try:
        services.openstack.compute.delete_keypair(in_nova)
    finally:
        keypair_index.forget(services, name)
    copy = mapping.copy_name(services.project_id, services.user_id, name)
    remove_copies(gateway, [(user_id, copy) for user_id in index.copies(services.project_id, name)])


def _delete_of_former_member(services: RequestServices, name: str) -> None:
    """Take a keypair out of the project whose creator may not create keypairs in it any more.

    The creator's own in Nova stays: it is theirs, and counts no more in the project. Without copies
    nothing brings the keypair back, not even when Redis loses what it knows.
    """
    if not services.may(DELETE_OF_FORMER_MEMBER):
        raise _not_the_creator(name)
    gateway = services.as_gateway()
    with keypair_index.as_admin():
        roles = gateway.openstack.identity.list_roles_in_project(services.project_id)
    index = keypair_index.rebuild(services, roles=roles)
    if name not in index.keypairs:
        raise not_there(name)
    if not index.keypairs[name]["creator_has_left"]:
        raise _not_the_creator(name)
    current_roles.require(services, DELETE_OF_FORMER_MEMBER, roles.get(services.user_id, ()))
    if not remove_copies(gateway, _copies_of_former_members(gateway, services, index, name, roles)):
        keypair_index.invalidate(services)
        raise exceptions.UpstreamError(
            "compute",
            f"Some copies of the keypair {name!r} could not be removed, so it is still there. "
            "Delete it again later.",
        )
    keypair_index.forget(services, name)
    LOG.info(
        "User %s has deleted a keypair of project %s that the former member %s had made",
        services.user_id,
        services.project_id,
        index.keypairs[name]["user_id"],
    )


def _not_the_creator(name: str) -> exceptions.NotTheCreator:
    return exceptions.NotTheCreator(
        f"The keypair {name!r} was made by somebody else: only who has made a keypair may delete "
        "it."
    )


def _copies_of_former_members(
    gateway: RequestServices, services: RequestServices, index: Index, name: str, roles: Roles
) -> list[tuple[str, str]]:
    """The copies of a name that users of the project have, unless of a present creator's keypair.

    The index has those of users who may create keypairs. Of the others one may be allowed that
    again, and what they have would count again. One upstream call for each of these.
    """
    creators = permitted(services.app_state, services.project_id, roles)
    present = {mapping.told_id(user_id) for user_id in creators}
    others = sorted(roles.keys() - set(creators))
    with keypair_index.as_admin():
        lists = gather_reads(
            *(partial(gateway.openstack.compute.list_keypairs, user_id) for user_id in others)
        )
    owned = [
        (user_id, in_nova) for user_id, held in index.held.get(name, {}).items() for in_nova in held
    ]
    owned += [
        (user_id, keypair["name"])
        for user_id, keypairs in zip(others, lists, strict=True)
        for keypair in keypairs
    ]
    found = []
    for user_id, in_nova in owned:
        copy = mapping.copy_of(services.project_id, in_nova)
        if copy is not None and copy.name == name and copy.creator_id not in present:
            found.append((user_id, in_nova))
    return found
