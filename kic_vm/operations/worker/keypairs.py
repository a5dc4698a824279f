"""All projects' indexes made anew in one go, and copies removed whose original was deleted."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.adapters.parallel import run_in_threads
from kic_vm.mappings import keypairs as mapping
from kic_vm.operations.keypairs import index as keypair_index
from kic_vm.operations.keypairs.assembly import Index
from kic_vm.operations.keypairs.copies import remove_copies
from kic_vm.operations.keypairs.creators import permitted
from kic_vm.operations.request import RequestServices
from kic_vm.operations.worker import lease

JSON = dict[str, Any]

LOG = logging.getLogger(__name__)

_SIDE_BY_SIDE: Final = 8


def sweep_if_due(gateway: RequestServices) -> None:
    """Sweep, unless this or another worker has done so within [worker] keypairs_interval."""
    interval = gateway.app_state.conf.worker.keypairs_interval
    if interval and lease.acquire(gateway, "keypairs", interval):
        sweep(gateway)


def sweep(gateway: RequestServices, project_id: str | None = None) -> dict[str, Index]:
    """Make the indexes of projects anew; those of the projects that have keypairs.

    Two upstream calls for the roles of all users, and one for the keypairs of each user who may
    create some.

    :param gateway: the services in the name of a cloud admin, such as the gateway's own user
    :param project_id: only this project's
    :raises GatewayNotAllowed: that user is none
    """
    identity, app_state = gateway.openstack.identity, gateway.app_state
    with keypair_index.as_admin():
        if project_id is None:
            roles = identity.list_roles_by_project()
        else:
            roles = {project_id: identity.list_roles_in_project(project_id)}
        by_project = {one: permitted(app_state, one, of_users) for one, of_users in roles.items()}
        generations = {one: keypair_index.generation_of(gateway, one) for one in by_project}
        keypairs = _keypairs_of(gateway, sorted(set().union(*by_project.values())))
        found = {}
        for one, user_ids in sorted(by_project.items()):
            lists = {user_id: keypairs[user_id] for user_id in user_ids}
            if not any(_is_of(one, keypair) for owned in lists.values() for keypair in owned):
                continue
            creators = partial(_list_creators, gateway, one)
            index = keypair_index.build(gateway, one, lists, creators)
            keypair_index.store(gateway, one, index, generations[one])
            _remove_stale(gateway, one, index, user_ids)
            found[one] = index
    LOG.debug("The keypair indexes of %d projects are made anew", len(found))
    return found


def _list_creators(gateway: RequestServices, project_id: str) -> list[str]:
    """Who may create keypairs in a project, as Keystone says now. 2 upstream calls side by side."""
    roles = gateway.openstack.identity.list_roles_in_project(project_id)
    return permitted(gateway.app_state, project_id, roles)


def _keypairs_of(gateway: RequestServices, user_ids: list[str]) -> dict[str, list[JSON]]:
    """Nova's keypairs by user."""
    compute = gateway.openstack.compute
    calls = [partial(compute.list_keypairs, user_id) for user_id in user_ids]
    return dict(zip(user_ids, _some_at_a_time(calls), strict=True))


def _some_at_a_time(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """What calls return: a few of them side by side, to leave Nova to others."""
    found: list[Any] = []
    for start in range(0, len(calls), _SIDE_BY_SIDE):
        found += run_in_threads(*calls[start : start + _SIDE_BY_SIDE])
    return found


def _is_of(project_id: str, keypair: JSON) -> bool:
    name = keypair["name"]
    return (
        mapping.project_name(project_id, name) is not None
        or mapping.copy_of(project_id, name) is not None
    )


def _remove_stale(
    gateway: RequestServices, project_id: str, index: Index, user_ids: list[str]
) -> None:
    """Remove copies of keypairs that their creators have deleted.

    That the list of a user lacks a keypair is no proof: Nova has to say that it is not there. And
    who has been removed from the project deletes nothing in it: the creator must be allowed to
    create keypairs still, after Nova has said so.

    :param user_ids: who was allowed to when the index was made
    """
    creators = {mapping.told_id(user_id): user_id for user_id in user_ids}
    stale: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for holder_id, in_nova in index.stale:
        copy = mapping.copy_of(project_id, in_nova)
        if copy is not None and copy.creator_id in creators:
            original = (creators[copy.creator_id], copy.name)
            stale.setdefault(original, []).append((holder_id, in_nova))
    if not stale:
        return
    calls = [partial(_exists, gateway, project_id, *original) for original in stale]
    exist = dict(zip(stale, _some_at_a_time(calls), strict=True))
    still = set(_list_creators(gateway, project_id))
    gone = [
        copy
        for (user_id, name), copies in stale.items()
        if user_id in still and not exist[user_id, name]
        for copy in copies
    ]
    for start in range(0, len(gone), _SIDE_BY_SIDE):
        remove_copies(gateway, gone[start : start + _SIDE_BY_SIDE])


def _exists(gateway: RequestServices, project_id: str, user_id: str, name: str) -> bool:
    try:
        gateway.openstack.compute.get_keypair(mapping.nova_name(project_id, name), user_id)
    except exceptions.NotFound:
        return False
    return True
