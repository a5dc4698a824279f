# SPDX-License-Identifier: Apache-2.0
"""The index of a project's keypairs and their creators.

Nova stores keypairs by user. So the index of a project is built from the keypairs of its users,
with the gateway's own user, which may list other users' keypairs in Nova. The cache keeps the index
for a while. The index and the copies in Nova are the only record of former members' keypairs.
"""

import contextlib
import dataclasses
import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Final

from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.adapters.http.interleaved import gather_reads
from kic_vm.metrics import gateway as metrics
from kic_vm.operations.keypairs import assembly
from kic_vm.operations.keypairs.assembly import Index, LastIndex
from kic_vm.operations.keypairs.candidates import Trace
from kic_vm.operations.keypairs.creators import Creators, Roles, list_creators
from kic_vm.operations.request import RequestServices
from kic_vm.resources.compute import UserKeypair

LOG = logging.getLogger(__name__)

# Longer than it is trusted: an old index still lists the keypairs of former members.
_KEPT_SECONDS: Final = 30 * 24 * 3600.0
# The generation of an index that is kept but not trusted.
_NO_GENERATION: Final = "none"
# An index older than this is rebuilt before a keypair is reported as missing.
_DOUBTED_AFTER_SECONDS: Final = 5.0


def get(services: RequestServices) -> Index:
    """The index of the caller's project. No upstream call while the cache has a fresh one.

    Otherwise two for the roles in the project, one for each user who may create keypairs, and two
    for the roles again if the keypairs have changed.

    :raises KicVmError: OpenStack does not return the roles or the keypairs
    """
    cached = _cached(services)
    if cached is not None and cached.age() <= services.app_state.conf.keypairs.index_time:
        return cached
    return rebuild(services)


def get_with(services: RequestServices, name: str, *, is_expected: bool = True) -> Index:
    """The index of the caller's project; rebuilt if it contradicts the expectation about a name.

    :param is_expected: whether the index is expected to contain the name; an index that differs is
        rebuilt, unless it has just been built
    """
    index = get(services)
    if (name in index.keypairs) != is_expected and index.age() > _DOUBTED_AFTER_SECONDS:
        return rebuild(services)
    return index


def rebuild(
    services: RequestServices, *, undecided: str | None = None, roles: Roles | None = None
) -> Index:
    """Rebuild the index of the caller's project.

    When the keypairs change meanwhile, the index is used for this request only.

    :param undecided: a name whose creator the last index does not decide
    :param roles: the effective roles in the project by user id, if Keystone has just listed them
    """
    project_id = services.project_id
    generation = _generation(services)
    gateway = services.as_gateway()
    with refusals_reported():
        creators = list_creators(services, gateway, roles)
        user_ids, list_keypairs = creators.user_ids, gateway.openstack.compute.list_keypairs
        lists = gather_reads(*(partial(list_keypairs, user_id) for user_id in user_ids))
        index = build(
            gateway,
            project_id,
            dict(zip(user_ids, lists, strict=True)),
            partial(list_creators, services, gateway),
            by_token=creators.by_token,
            undecided=undecided,
        )
    store(services, project_id, index, generation)
    return index


def build(
    gateway: RequestServices,
    project_id: str,
    lists: Mapping[str, list[UserKeypair]],
    read_creators: Callable[[], Creators],
    *,
    by_token: frozenset[str] = frozenset(),
    undecided: str | None = None,
) -> Index:
    """Build the index of a project from the keypairs of the users who may create keypairs in it.

    No upstream call if the keypairs are those of the last index. A change counts only if the users
    may still create keypairs: a removed member may have made it before the lists were read. So a
    change costs a second look at the roles, and so does a project without a last index.

    :param lists: Nova's keypairs by user id
    :param read_creators: reads from Keystone the users who may create keypairs now
    :param by_token: those of the users whose role comes from the token alone
    """
    last = _read(gateway, project_id)
    known = _known(last, undecided)
    find_first = partial(_find_first, gateway, {})
    index = assembly.assemble(project_id, lists, known, find_first, by_token)
    if assembly.keys(index) != (assembly.keys(last) if last else set()):
        creators = read_creators()
        current = {user_id: lists[user_id] for user_id in creators.user_ids if user_id in lists}
        if (len(current), creators.by_token) != (len(lists), by_token):
            index = assembly.assemble(project_id, current, known, find_first, creators.by_token)
    for old, new in assembly.changes(known.keypairs, index):
        LOG.warning(
            "User %s has replaced a keypair of project %s in Nova: its fingerprint was %s and is "
            "now %s; copies of other users keep the old key",
            new["user_id"],
            project_id,
            old["fingerprint"],
            new["fingerprint"],
        )
        metrics.count_keypair_change("replaced")
    return index


def _known(last: Index | None, undecided: str | None) -> LastIndex:
    """What the last index says, except about a name."""
    if last is None:
        return LastIndex()
    known = {name: keypair for name, keypair in last.keypairs.items() if name != undecided}
    return LastIndex(
        keypairs={name: one for name, one in known.items() if name not in last.disputed},
        disputed={name: one for name, one in known.items() if name in last.disputed},
    )


def _find_first(
    gateway: RequestServices,
    numbers: dict[Trace, float],
    traces: Mapping[str, Iterable[Trace]],
) -> dict[str, Trace]:
    """The trace of each name that was created first.

    Nova numbers keypairs in the order of their creation. One upstream call for each of unknown
    number, side by side.

    :param numbers: the known numbers, to which the others are added
    :param traces: by name
    """
    unknown = {trace for of_name in traces.values() for trace in of_name} - numbers.keys()
    ordered = sorted(unknown)
    found = gather_reads(*(partial(_number, gateway, trace) for trace in ordered))
    numbers.update(zip(ordered, found, strict=True))
    return {
        name: min(of_name, key=lambda trace: (numbers[trace], trace))
        for name, of_name in traces.items()
    }


def _number(gateway: RequestServices, trace: Trace) -> float:
    """Nova's number of a keypair; infinity if it has just been deleted, or has another key."""
    keypair = gateway.openstack.compute.find_keypair(trace.name, trace.owner_id)
    if keypair is None or keypair["fingerprint"] != trace.fingerprint:
        return float("inf")
    return float(keypair["id"])


@contextlib.contextmanager
def refusals_reported() -> Iterator[None]:
    """Report a refused read of other users' data as GatewayNotAllowed, and log the missing role.

    :raises GatewayNotAllowed: the cloud refuses the gateway's own user
    """
    try:
        yield
    except exceptions.Forbidden as error:
        LOG.exception(
            "The gateway's user is not allowed to read users, roles and role assignments in "
            "Keystone or other users' keypairs in Nova: give it the admin role"
        )
        raise exceptions.GatewayNotAllowed from error


def invalidate(services: RequestServices) -> None:
    """Make every process rebuild the index of the caller's project, because it has changed."""
    services.app_state.cache.set(
        _generation_key(services.project_id), secrets.token_bytes(8), _KEPT_SECONDS
    )


def remember_copy(services: RequestServices, name: str, copy: str, fingerprint: str) -> None:
    """Add the caller's copy to the cached index; a lost entry costs one more call."""
    # Read before the index, so that an index that changes meanwhile is not stored as current.
    generation = _generation(services)
    index = _read(services, services.project_id, _text(generation))
    if index is not None:
        by_user = index.held.get(name, {})
        own_copies = {**by_user.get(services.user_id, {}), copy: fingerprint}
        held = {**index.held, name: {**by_user, services.user_id: own_copies}}
        changed = dataclasses.replace(index, held=held)
        store(services, services.project_id, changed, generation)


def forget(services: RequestServices, name: str) -> None:
    """Remove a deleted keypair from the cached index, and from one that is being built."""
    invalidate(services)
    last = _read(services, services.project_id)
    if last is not None and name in last.keypairs:
        others = {other: keypair for other, keypair in last.keypairs.items() if other != name}
        changed = dataclasses.replace(last, keypairs=others)
        _write(services, services.project_id, changed, _NO_GENERATION)
    invalidate(services)


def store(
    services: RequestServices, project_id: str, index: Index, generation: bytes | None
) -> None:
    """Cache an index whose build began in this generation, unless the generation has changed."""
    if generation_of(services, project_id) == generation:
        _write(services, project_id, index, _text(generation))


def _write(services: RequestServices, project_id: str, index: Index, generation: str) -> None:
    body = json.dumps(dataclasses.asdict(index) | {"generation": generation})
    services.app_state.cache.set(_key(project_id), body.encode(), _KEPT_SECONDS)


def generation_of(services: RequestServices, project_id: str) -> bytes | None:
    """The generation of a project's index: it changes whenever the keypairs change."""
    return services.app_state.cache.get(_generation_key(project_id))


def _generation(services: RequestServices) -> bytes | None:
    return generation_of(services, services.project_id)


def _cached(services: RequestServices) -> Index | None:
    """The cached index, unless the keypairs have changed since it was built."""
    project_id = services.project_id
    return _read(services, project_id, _text(_generation(services)))


def _read(
    services: RequestServices, project_id: str, generation: str | None = None
) -> Index | None:
    """The cached index; with a generation, only an index of that generation."""
    raw = services.app_state.cache.get(_key(project_id))
    if raw is None:
        return None
    try:
        body = json.loads(raw)
        index_generation = body.pop("generation")
        index = Index(**body)
        index = dataclasses.replace(index, stale=[(user, copy) for user, copy in index.stale])
    except (AttributeError, KeyError, TypeError, ValueError):
        LOG.info("The keypair index of project %s is not readable: rebuilding it", project_id)
        return None
    return index if generation in {None, index_generation} else None


def _text(generation: bytes | None) -> str:
    return (generation or b"").hex()


def _key(project_id: str) -> str:
    return f"keypairs:{project_id}"


def _generation_key(project_id: str) -> str:
    return f"keypairs-generation:{project_id}"
