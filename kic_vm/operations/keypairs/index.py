"""Which keypairs a project has, and whose they are.

Nova knows keypairs by their user. So the index of a project is put together from those of its
users, with the gateway's own user, which Nova lets look at other users' keypairs. The cache keeps
it for a while. Beside the copies in Nova it is what is known of the keypairs of former members.
"""

import contextlib
import dataclasses
import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, Final

from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.adapters.interleaved import gather_reads
from kic_vm.mappings import keypairs as mapping
from kic_vm.metrics import gateway as metrics
from kic_vm.operations.keypairs import assembly
from kic_vm.operations.keypairs.assembly import Index
from kic_vm.operations.keypairs.creators import Roles, list_creators
from kic_vm.operations.request import RequestServices

JSON = dict[str, Any]

LOG = logging.getLogger(__name__)

# Longer than it is trusted: an old index still tells of the keypairs of former members.
_KEPT_SECONDS: Final = 30 * 24 * 3600.0
# Of an index that is remembered and not trusted.
_NO_GENERATION: Final = "none"
# Before something is said to be missing, an index older than this is made anew.
_DOUBTED_AFTER_SECONDS: Final = 5.0


def get(services: RequestServices) -> Index:
    """The index of the caller's project. No upstream call while the cache has a fresh one.

    Else two for the roles in the project, and one for each user who may create keypairs.

    :raises KicVmError: OpenStack does not tell
    """
    cached = _cached(services)
    if cached is not None and cached.age() <= services.app_state.conf.keypairs.index_time:
        return cached
    return rebuild(services)


def get_with(services: RequestServices, name: str, *, is_expected: bool = True) -> Index:
    """The index of the caller's project, in which this name is as expected if that can be.

    :param is_expected: whether the caller takes it to be there; an index that says otherwise is
        made anew first, unless it has just been made
    """
    index = get(services)
    if (name in index.keypairs) != is_expected and index.age() > _DOUBTED_AFTER_SECONDS:
        return rebuild(services)
    return index


def rebuild(
    services: RequestServices, *, undecided: str | None = None, roles: Roles | None = None
) -> Index:
    """Make the index of the caller's project anew.

    What changes meanwhile makes the result count for this request only.

    :param undecided: a name of which the last index does not tell whose it is
    :param roles: the effective roles in the project by user id, where Keystone has just listed them
    """
    project_id = services.project_id
    generation = _generation(services)
    gateway = services.as_gateway()
    with as_admin():
        user_ids = list_creators(services, gateway, roles)
        lists = gather_reads(
            *(partial(gateway.openstack.compute.list_keypairs, user_id) for user_id in user_ids)
        )
        index = build(
            gateway,
            project_id,
            dict(zip(user_ids, lists, strict=True)),
            partial(list_creators, services, gateway),
            undecided=undecided,
        )
    store(services, project_id, index, generation)
    return index


def build(
    gateway: RequestServices,
    project_id: str,
    lists: Mapping[str, list[JSON]],
    creators: Callable[[], Iterable[str]],
    *,
    undecided: str | None = None,
) -> Index:
    """The index of a project from Nova's keypairs of those who may create keypairs in it.

    No upstream call as a rule. A keypair that was replaced in Nova counts only if its creator may
    still create keypairs: who had been removed may have replaced it before the list was read.

    :param lists: by user id
    :param creators: who may create keypairs, as Keystone says when it is called
    """
    last = _read(gateway, project_id)
    known = {
        name: keypair
        for name, keypair in (last.keypairs if last else {}).items()
        if last and name not in {undecided, *last.disputed}
    }
    first = partial(_first, gateway, project_id)
    index = assembly.assemble(project_id, lists, known, first)
    changes = assembly.changes(known, index)
    if changes:
        allowed = set(creators())
        still = {user_id: owned for user_id, owned in lists.items() if user_id in allowed}
        if len(still) < len(lists):
            index = assembly.assemble(project_id, still, known, first)
            changes = assembly.changes(known, index)
    for before, now in changes:
        LOG.warning(
            "User %s has replaced a keypair of project %s in Nova: its fingerprint was %s and is "
            "%s; copies of it that others use stay as they are",
            now["user_id"],
            project_id,
            before["fingerprint"],
            now["fingerprint"],
        )
        metrics.count_keypair_change("replaced")
    return index


def _first(
    gateway: RequestServices, project_id: str, names: Mapping[str, Iterable[str]]
) -> dict[str, str]:
    """Of the users who have a keypair of one name, who has made it first, for each name.

    Nova numbers keypairs in their order. One upstream call for each of them, all side by side.
    """
    asked = [(name, user_id) for name, user_ids in names.items() for user_id in user_ids]
    numbers = gather_reads(
        *(partial(_number, gateway, project_id, name, user_id) for name, user_id in asked)
    )
    found: dict[str, tuple[float, str]] = {}
    for (name, user_id), number in zip(asked, numbers, strict=True):
        found[name] = min(found.get(name, (number, user_id)), (number, user_id))
    return {name: user_id for name, (_number, user_id) in found.items()}


def _number(gateway: RequestServices, project_id: str, name: str, user_id: str) -> float:
    """Nova's number of a user's keypair; after all others where it has just gone."""
    in_nova = mapping.nova_name(project_id, name)
    try:
        return float(gateway.openstack.compute.get_keypair(in_nova, user_id)["id"])
    except exceptions.NotFound:
        return float("inf")


@contextlib.contextmanager
def as_admin() -> Iterator[None]:
    """For looks at other users with the gateway's own user; the log says what it lacks.

    :raises GatewayNotAllowed: the cloud does not let it
    """
    try:
        yield
    except exceptions.Forbidden as error:
        LOG.exception(
            "The gateway's user may not list roles and role assignments in Keystone or other "
            "users' keypairs in Nova: it needs the role admin"
        )
        raise exceptions.GatewayNotAllowed from error


def invalidate(services: RequestServices) -> None:
    """Have every process make the index of the caller's project anew: it has changed."""
    services.app_state.cache.set(
        _generation_key(services.project_id), secrets.token_bytes(8), _KEPT_SECONDS
    )


def remember_copy(services: RequestServices, name: str, copy: str, fingerprint: str) -> None:
    """Note that the caller has a copy; forgotten notes cost a call and nothing else."""
    # Of before the look: an index that changes meanwhile must not be taken for the new one.
    generation = _generation(services)
    index = _read(services, services.project_id, _text(generation))
    if index is not None:
        of_name = index.held.get(name, {})
        mine = {**of_name.get(services.user_id, {}), copy: fingerprint}
        held = {**index.held, name: {**of_name, services.user_id: mine}}
        changed = dataclasses.replace(index, held=held)
        store(services, services.project_id, changed, generation)


def forget(services: RequestServices, name: str) -> None:
    """Have no index tell of a keypair that was deleted, nor one that is being made meanwhile."""
    invalidate(services)
    last = _read(services, services.project_id)
    if last is not None and name in last.keypairs:
        kept = {other: keypair for other, keypair in last.keypairs.items() if other != name}
        changed = dataclasses.replace(last, keypairs=kept)
        _write(services, services.project_id, changed, _NO_GENERATION)
    invalidate(services)


def store(
    services: RequestServices, project_id: str, index: Index, generation: bytes | None
) -> None:
    """Keep an index, of which the making has begun in this generation, if that still lasts."""
    if generation_of(services, project_id) == generation:
        _write(services, project_id, index, _text(generation))


def _write(services: RequestServices, project_id: str, index: Index, generation: str) -> None:
    body = json.dumps(dataclasses.asdict(index) | {"generation": generation})
    services.app_state.cache.set(_key(project_id), body.encode(), _KEPT_SECONDS)


def generation_of(services: RequestServices, project_id: str) -> bytes | None:
    """What tells an index that was made before the last change from one that was made after."""
    return services.app_state.cache.get(_generation_key(project_id))


def _generation(services: RequestServices) -> bytes | None:
    return generation_of(services, services.project_id)


def _cached(services: RequestServices) -> Index | None:
    """What the cache has, unless there was a change since it was made."""
    project_id = services.project_id
    return _read(services, project_id, _text(_generation(services)))


def _read(
    services: RequestServices, project_id: str, generation: str | None = None
) -> Index | None:
    """What the cache has; of this generation where one is given."""
    raw = services.app_state.cache.get(_key(project_id))
    if raw is None:
        return None
    try:
        body = json.loads(raw)
        made_in = body.pop("generation")
        index = Index(**body)
        index = dataclasses.replace(index, stale=[(user, copy) for user, copy in index.stale])
    except (AttributeError, KeyError, TypeError, ValueError):
        LOG.info("The keypair index of project %s cannot be read; it is made anew", project_id)
        return None
    return index if generation in {None, made_in} else None


def _text(generation: bytes | None) -> str:
    return (generation or b"").hex()


def _key(project_id: str) -> str:
    return f"keypairs:{project_id}"


def _generation_key(project_id: str) -> str:
    return f"keypairs-generation:{project_id}"
