"""Which keypairs a project has, and whose they are.

Nova knows keypairs by their user. So the index of a project is put together from those of its
users, with the gateway's own user, which Nova lets look at other users' keypairs. The cache keeps
it for a while. It is never the only copy: an index that is lost or old is made anew from OpenStack.
"""

import contextlib
import dataclasses
import json
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any, Final

from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.adapters.interleaved import gather
from kic_vm.mappings import keypairs as mapping
from kic_vm.operations.scope import Scope

JSON = dict[str, Any]

LOG = logging.getLogger(__name__)

# Longer than it is trusted: an old index still tells whose keypairs to look for.
_KEPT_SECONDS: Final = 30 * 24 * 3600.0
# Before something is said to be missing, an index older than this is made anew.
_DOUBTED_AFTER_SECONDS: Final = 5.0


@dataclasses.dataclass(frozen=True, slots=True)
class Index:
    """The keypairs of one project."""

    built_at: float
    """Seconds since the epoch."""
    keypairs: Mapping[str, JSON]
    """Name -> Nova's keypair, with the creator's ``user_id``."""
    copies: Mapping[str, Mapping[str, str]]
    """Name -> id of another user with a copy -> its fingerprint."""
    stale: tuple[tuple[str, str], ...]
    """Copies of what is no more: user id and name in Nova."""

    def age(self) -> float:
        """Seconds since it was made."""
        return max(0.0, time.time() - self.built_at)


def get(scope: Scope) -> Index:
    """The index of the caller's project. No upstream call while the cache has a fresh one.

    Else one for the project's users, and one for each of them, side by side.

    :raises KicVmError: OpenStack does not tell
    """
    cached = _cached(scope)
    if cached is not None and cached.age() <= scope.platform.conf.keypairs.index_time:
        return cached
    return rebuild(scope)


def find(scope: Scope, name: str, *, is_expected: bool = True) -> JSON | None:
    """The project's keypair of this name, with its creator's ``user_id``; None if there is none.

    :param is_expected: whether the caller takes it to be there; an index that says otherwise is
        made anew first, unless it has just been made
    """
    index = get(scope)
    if (name in index.keypairs) != is_expected and index.age() > _DOUBTED_AFTER_SECONDS:
        index = rebuild(scope)
    return index.keypairs.get(name)


def rebuild(scope: Scope) -> Index:
    """Make the index of the caller's project anew, from OpenStack alone.

    What changes meanwhile makes the result count for this request only.
    """
    project_id = scope.project_id
    generation = _generation(scope)
    gateway = scope.as_gateway()
    with as_admin():
        # The caller too, whose role may come with the token alone: from a trust, or a federation.
        user_ids = sorted(
            {*gateway.openstack.identity.list_project_user_ids(project_id), scope.user_id}
        )
        lists = gather(
            *(partial(gateway.openstack.compute.list_keypairs, user_id) for user_id in user_ids)
        )
        index = assemble(gateway, project_id, dict(zip(user_ids, lists, strict=True)))
    store(scope, project_id, index, generation)
    return index


@contextlib.contextmanager
def as_admin() -> Iterator[None]:
    """For looks at other users with the gateway's own user; the log says what it lacks.

    :raises GatewayNotAllowed: the cloud does not let it
    """
    try:
        yield
    except exceptions.Forbidden as error:
        LOG.exception(
            "The gateway's user may not list role assignments in Keystone or other users' keypairs "
            "in Nova: it needs the role admin"
        )
        raise exceptions.GatewayNotAllowed from error


def invalidate(scope: Scope) -> None:
    """Have every process make the index of the caller's project anew: it has changed."""
    scope.platform.cache.set(
        _generation_key(scope.project_id), secrets.token_bytes(8), _KEPT_SECONDS
    )


def remember_copy(scope: Scope, name: str, fingerprint: str) -> None:
    """Note that the caller has a copy; forgotten notes cost a call and nothing else."""
    # Of before the look: an index that changes meanwhile must not be taken for the new one.
    generation = _generation(scope)
    index = _read(scope, scope.project_id, _text(generation))
    if index is not None:
        mine = {**index.copies.get(name, {}), scope.user_id: fingerprint}
        changed = dataclasses.replace(index, copies={**index.copies, name: mine})
        store(scope, scope.project_id, changed, generation)


def assemble(gateway: Scope, project_id: str, lists: Mapping[str, Iterable[JSON]]) -> Index:
    """An index from the keypairs of a project's users.

    One upstream call for each keypair of somebody who has left the project, and for each one
    whose name two users have taken at the same moment: the first one counts.

    :param lists: Nova's keypairs by the id of their user
    """
    claims: dict[str, dict[str, JSON]] = {}
    copies: list[tuple[str, JSON, mapping.Copy]] = []
    for user_id, owned in lists.items():
        for keypair in owned:
            name = mapping.project_name(project_id, keypair["name"])
            copy = mapping.copy_of(project_id, keypair["name"])
            if name is not None:
                claims.setdefault(name, {})[user_id] = keypair | {"user_id": user_id}
            elif copy is not None:
                copies.append((user_id, keypair, copy))
    known = _read(gateway, project_id)
    left = {(copy.name, copy.creator_id) for _user_id, _keypair, copy in copies}
    left |= {(name, one["user_id"]) for name, one in known.keypairs.items()} if known else set()
    present = {mapping.told_id(user_id) for user_id in lists}
    for name, user_id in sorted(left):
        if mapping.told_id(user_id) not in present:
            found = _get(gateway, project_id, name, user_id)
            if found is not None:
                claims.setdefault(name, {})[user_id] = found
    keypairs = {name: _first(gateway, project_id, name, made) for name, made in claims.items()}
    good: dict[str, dict[str, str]] = {}
    stale = []
    for user_id, keypair, copy in copies:
        original = keypairs.get(copy.name)
        if (
            original
            and mapping.told_id(original["user_id"]) == copy.creator_id
            and original["fingerprint"] == keypair["fingerprint"]
        ):
            good.setdefault(copy.name, {})[user_id] = keypair["fingerprint"]
        else:
            stale.append((user_id, keypair["name"]))
    return Index(time.time(), keypairs, good, tuple(stale))


def _get(gateway: Scope, project_id: str, name: str, user_id: str) -> JSON | None:
    """A user's keypair of this name; None if there is none."""
    in_nova = mapping.nova_name(project_id, name)
    try:
        return gateway.openstack.compute.get_keypair(in_nova, user_id)
    except exceptions.NotFound:
        return None


def _first(gateway: Scope, project_id: str, name: str, made: Mapping[str, JSON]) -> JSON:
    """The keypair of those that users have of one name: Nova numbers them in their order."""
    if len(made) == 1:
        return next(iter(made.values()))
    shown = gather(*(partial(_get, gateway, project_id, name, user_id) for user_id in made))
    there = [keypair for keypair in shown if keypair is not None]
    first: JSON = min(there, key=lambda keypair: keypair["id"], default=next(iter(made.values())))
    return first


def store(scope: Scope, project_id: str, index: Index, generation: bytes | None) -> None:
    """Keep an index, of which the making has begun in this generation."""
    body = json.dumps(dataclasses.asdict(index) | {"generation": _text(generation)})
    scope.platform.cache.set(_key(project_id), body.encode(), _KEPT_SECONDS)


def generation_of(scope: Scope, project_id: str) -> bytes | None:
    """What tells an index that was made before the last change from one that was made after."""
    return scope.platform.cache.get(_generation_key(project_id))


def _generation(scope: Scope) -> bytes | None:
    return generation_of(scope, scope.project_id)


def _cached(scope: Scope) -> Index | None:
    """What the cache has, unless there was a change since it was made."""
    project_id = scope.project_id
    return _read(scope, project_id, _text(_generation(scope)))


def _read(scope: Scope, project_id: str, generation: str | None = None) -> Index | None:
    """What the cache has; of this generation where one is given."""
    raw = scope.platform.cache.get(_key(project_id))
    if raw is None:
        return None
    try:
        body = json.loads(raw)
        made_in = body.pop("generation")
        index = Index(**body | {"stale": tuple(tuple(one) for one in body["stale"])})
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
