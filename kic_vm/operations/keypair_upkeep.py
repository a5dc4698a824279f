"""The indexes of all projects made anew in one go, and copies removed whose original is no more."""

from functools import partial
from typing import Any, Final

from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.adapters.parallel import gather
from kic_vm.mappings import keypairs as mapping
from kic_vm.operations import keypair_index, rounds
from kic_vm.operations.keypairs import remove_copies
from kic_vm.operations.scope import Scope

JSON = dict[str, Any]

LOG = logging.getLogger(__name__)

_SIDE_BY_SIDE: Final = 8


def sweep_if_due(gateway: Scope) -> None:
    """Sweep, unless this or another worker has done so within [worker] keypairs_interval."""
    interval = gateway.platform.conf.worker.keypairs_interval
    if interval and rounds.take(gateway, "keypairs", interval):
        sweep(gateway)


def sweep(gateway: Scope, project_id: str | None = None) -> dict[str, keypair_index.Index]:
    """Make the indexes of projects anew; those of the projects that have keypairs.

    One upstream call for the roles of all users, one for the keypairs of each user.

    :param gateway: the scope of a cloud admin, such as the gateway's own user
    :param project_id: only this project's
    :raises GatewayNotAllowed: that user is none
    """
    identity = gateway.openstack.identity
    with keypair_index.as_admin():
        if project_id is None:
            by_project = identity.list_user_ids_by_project()
        else:
            by_project = {project_id: set(identity.list_project_user_ids(project_id))}
        generations = {one: keypair_index.generation_of(gateway, one) for one in by_project}
        keypairs = _keypairs_of(gateway, sorted(set().union(*by_project.values())))
    found = {}
    for one, user_ids in sorted(by_project.items()):
        lists = {user_id: keypairs[user_id] for user_id in sorted(user_ids)}
        if not any(_is_of(one, keypair) for owned in lists.values() for keypair in owned):
            continue
        index = keypair_index.assemble(gateway, one, lists)
        keypair_index.store(gateway, one, index, generations[one])
        _remove_stale(gateway, one, index)
        found[one] = index
    LOG.debug("The keypair indexes of %d projects are made anew", len(found))
    return found


def _keypairs_of(gateway: Scope, user_ids: list[str]) -> dict[str, list[JSON]]:
    """Nova's keypairs by user: a few calls at a time, to leave Nova to others."""
    found: dict[str, list[JSON]] = {}
    for start in range(0, len(user_ids), _SIDE_BY_SIDE):
        some = user_ids[start : start + _SIDE_BY_SIDE]
        calls = [partial(gateway.openstack.compute.list_keypairs, user_id) for user_id in some]
        found |= zip(some, gather(*calls), strict=True)
    return found


def _is_of(project_id: str, keypair: JSON) -> bool:
    name = keypair["name"]
    return (
        mapping.project_name(project_id, name) is not None
        or mapping.copy_of(project_id, name) is not None
    )


def _remove_stale(gateway: Scope, project_id: str, index: keypair_index.Index) -> None:
    """Remove copies without an original. Each is looked at again: the lists are not of one moment.

    One that is out of date but has an original is left: its holder's next use of it mends it.
    """
    gone = []
    for user_id, in_nova in index.stale:
        copy = mapping.copy_of(project_id, in_nova)
        if copy is not None and not _exists(gateway, project_id, copy):
            gone.append((user_id, in_nova))
    remove_copies(gateway, gone)


def _exists(gateway: Scope, project_id: str, copy: mapping.Copy) -> bool:
    in_nova = mapping.nova_name(project_id, copy.name)
    try:
        gateway.openstack.compute.get_keypair(in_nova, copy.creator_id)
    except exceptions.NotFound:
        return False
    return True
