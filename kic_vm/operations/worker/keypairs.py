# SPDX-License-Identifier: Apache-2.0
"""Rebuild all projects' keypair indexes, and delete copies whose original was deleted."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from oslo_log import log as logging

from kic_vm.adapters.parallel import run_in_threads
from kic_vm.mappings import keypairs as mapping
from kic_vm.operations.keypairs import index as keypair_index
from kic_vm.operations.keypairs.assembly import Index
from kic_vm.operations.keypairs.copies import remove_copies
from kic_vm.operations.keypairs.creators import Creators, permitted
from kic_vm.operations.request import RequestServices
from kic_vm.operations.worker import lease
from kic_vm.resources.compute import UserKeypair

LOG = logging.getLogger(__name__)

_SIDE_BY_SIDE: Final = 8


def sweep_if_due(gateway: RequestServices) -> None:
    """Sweep, unless a worker has done so within [worker] keypairs_interval."""
    interval = gateway.app_state.conf.worker.keypairs_interval
    if interval and lease.acquire(gateway, "keypairs", interval):
        sweep(gateway)


def sweep(gateway: RequestServices, project_id: str | None = None) -> dict[str, Index]:
    """Rebuild the keypair indexes; the indexes by project id, of the projects that have keypairs.

    Two upstream calls for the roles of all users, one for each user who may create keypairs, and
    two for each project whose keypairs have changed.

    :param gateway: services of a cloud admin, such as the gateway's own user
    :param project_id: rebuild only this project's index
    :raises GatewayNotAllowed: the user is not a cloud admin
    """
    identity, app_state = gateway.openstack.identity, gateway.app_state
    with keypair_index.refusals_reported():
        if project_id is None:
            roles = identity.list_roles_by_project()
        else:
            roles = {project_id: identity.list_roles_in_project(project_id)}
        creators = {
            project: permitted(app_state, project, user_roles)
            for project, user_roles in roles.items()
        }
        generations = {
            project: keypair_index.generation_of(gateway, project) for project in creators
        }
        keypairs = _keypairs_of(gateway, sorted(set().union(*creators.values())))
        indexes = {}
        for project, user_ids in sorted(creators.items()):
            lists = {user_id: keypairs[user_id] for user_id in user_ids}
            if not any(_is_of(project, keypair) for owned in lists.values() for keypair in owned):
                continue
            read_creators = partial(_list_creators, gateway, project)
            index = keypair_index.build(gateway, project, lists, read_creators)
            keypair_index.store(gateway, project, index, generations[project])
            _remove_stale(gateway, project, index, user_ids)
            indexes[project] = index
    LOG.debug("Rebuilt the keypair indexes of %d projects", len(indexes))
    return indexes


def _list_creators(gateway: RequestServices, project_id: str) -> Creators:
    """The users who may create keypairs in a project now. 2 upstream calls side by side.

    Roles that come from a token alone are not among them: see ``list_creators``.
    """
    roles = gateway.openstack.identity.list_roles_in_project(project_id)
    return Creators(permitted(gateway.app_state, project_id, roles))


def _keypairs_of(gateway: RequestServices, user_ids: list[str]) -> dict[str, list[UserKeypair]]:
    """Nova's keypairs by user id."""
    compute = gateway.openstack.compute
    calls = [partial(compute.list_keypairs, user_id) for user_id in user_ids]
    return dict(zip(user_ids, _run_in_batches(calls), strict=True))


def _run_in_batches(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """The results of the calls: only a few run side by side, to leave Nova capacity for others."""
    results: list[Any] = []
    for start in range(0, len(calls), _SIDE_BY_SIDE):
        results += run_in_threads(*calls[start : start + _SIDE_BY_SIDE])
    return results


def _is_of(project_id: str, keypair: UserKeypair) -> bool:
    name = keypair["name"]
    return (
        mapping.project_name(project_id, name) is not None
        or mapping.copy_of(project_id, name) is not None
    )


def _remove_stale(
    gateway: RequestServices, project_id: str, index: Index, user_ids: list[str]
) -> None:
    """Delete the copies of keypairs that their creators have deleted.

    A list that lacks a keypair proves nothing: Nova has to confirm by name that it does not exist.
    And a user who was removed from the project must not delete anything in it: after Nova's
    confirmation, the creator must still be allowed to create keypairs.

    :param user_ids: the users who were allowed to create keypairs when the index was built
    """
    creators = {mapping.normalized_id(user_id): user_id for user_id in user_ids}
    stale: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for holder_id, nova_name in index.stale:
        copy = mapping.copy_of(project_id, nova_name)
        if copy is not None and copy.creator_id in creators:
            original = (creators[copy.creator_id], copy.name)
            stale.setdefault(original, []).append((holder_id, nova_name))
    if not stale:
        return
    calls = [
        partial(
            gateway.openstack.compute.find_keypair, mapping.nova_name(project_id, name), user_id
        )
        for user_id, name in stale
    ]
    keypairs = dict(zip(stale, _run_in_batches(calls), strict=True))
    current_creators = set(_list_creators(gateway, project_id).user_ids)
    deletable = [
        copy
        for (user_id, name), copies in stale.items()
        if user_id in current_creators and keypairs[user_id, name] is None
        for copy in copies
    ]
    for start in range(0, len(deletable), _SIDE_BY_SIDE):
        remove_copies(gateway, deletable[start : start + _SIDE_BY_SIDE])
