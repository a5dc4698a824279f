# SPDX-License-Identifier: Apache-2.0
"""The keypairs of a project, assembled from its users' keypairs in Nova.

Two sources count: the keypairs of users who may create keypairs in the project, and, for creators
who may no longer do so, the last index or the copies that other users have. Former creators'
keypairs in Nova are not read: their owners can change them, and the project's keypairs must not
change with them. If the last index lacks a name, the keypair counts for which most users vouch.
"""

import dataclasses
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from kic_vm.mappings import keypairs as mapping
from kic_vm.mappings.keypairs import ProjectKeypair
from kic_vm.resources.compute import UserKeypair


@dataclasses.dataclass(frozen=True, slots=True)
class Index:
    """The keypairs of one project."""

    built_at: float
    """Seconds since the epoch."""
    keypairs: Mapping[str, ProjectKeypair]
    """Name -> the keypair from Nova's list, with ``user_id`` and ``creator_has_left``."""
    held: Mapping[str, Mapping[str, Mapping[str, str]]]
    """Name -> user id -> name in Nova -> fingerprint: what users have in Nova for each name.

    These are copies of the project's keypair, and other keypairs with the same name.
    """
    disputed: Mapping[str, Sequence[str]]
    """Name -> fingerprints of the copies of a former creator's keypair, when they differ."""
    stale: Sequence[tuple[str, str]]
    """Copies of keypairs that their creators have deleted: user id and name in Nova."""

    def age(self) -> float:
        """Seconds since the index was built."""
        return max(0.0, time.time() - self.built_at)

    def copies(self, project_id: str, name: str) -> dict[str, str]:
        """The fingerprints of the copies of a keypair, by the user id of their holder."""
        copy = mapping.copy_name(project_id, self.keypairs[name]["user_id"], name)
        held = self.held.get(name, {})
        return {user_id: owned[copy] for user_id, owned in held.items() if copy in owned}


@dataclasses.dataclass(frozen=True, slots=True)
class _Copy:
    """A user's copy of a keypair."""

    holder_id: str
    keypair: UserKeypair
    name: str
    creator: str
    """The creator's id as ``normalized_id`` returns it."""


_First = Callable[[Mapping[str, Iterable[str]]], Mapping[str, str]]


def assemble(
    project_id: str,
    lists: Mapping[str, Iterable[UserKeypair]],
    last_keypairs: Mapping[str, ProjectKeypair],
    find_first: _First,
    by_token: Collection[str] = (),
) -> Index:
    """Build an index from the keypairs of a project's users.

    :param lists: Nova's keypairs of each user who may create keypairs in the project, by user id
    :param last_keypairs: the keypairs of the last index
    :param find_first: takes names with the ids of the users who claim each; returns the user who
        created the keypair first, by name; called at most once
    :param by_token: the users whose role comes from the token alone
    """
    claims, copies = _classified(project_id, lists, by_token)
    creator_ids = {mapping.normalized_id(user_id) for user_id in lists}
    candidates = _candidates(claims, copies, creator_ids)
    keypairs: dict[str, ProjectKeypair] = {}
    contested: dict[str, dict[str, ProjectKeypair]] = {}
    disputed: dict[str, list[str]] = {}
    for name in last_keypairs.keys() | candidates.keys():
        keypair = _of_recorded_creator(last_keypairs.get(name), claims.get(name, {}), creator_ids)
        if keypair is not None:
            keypairs[name] = keypair
        elif name in candidates:
            preferred, fingerprints = _preferred(candidates[name])
            keypairs[name] = preferred[0]
            if fingerprints:
                disputed[name] = fingerprints
            elif len(preferred) > 1:
                contested[name] = {claim["user_id"]: claim for claim in preferred}
    if contested:
        users = find_first(contested)
        keypairs |= {name: by_user[users[name]] for name, by_user in contested.items()}
    return Index(
        built_at=time.time(),
        keypairs=keypairs,
        held=_held(copies, claims, keypairs),
        disputed=disputed,
        stale=_stale(copies, claims, creator_ids),
    )


def _held(
    copies: Iterable[_Copy],
    claims: Mapping[str, Mapping[str, ProjectKeypair]],
    keypairs: Mapping[str, ProjectKeypair],
) -> dict[str, dict[str, dict[str, str]]]:
    """See Index.held: copies, and users' own keypairs that are not the project's keypair."""
    held: dict[str, dict[str, dict[str, str]]] = {}
    owned: list[tuple[str, str, UserKeypair]] = [
        (copy.name, copy.holder_id, copy.keypair) for copy in copies
    ]
    owned += [
        (name, user_id, keypair)
        for name, by_user in claims.items()
        for user_id, keypair in by_user.items()
        if keypair is not keypairs[name]
    ]
    for name, user_id, keypair in owned:
        fingerprints = held.setdefault(name, {}).setdefault(user_id, {})
        fingerprints[keypair["name"]] = keypair["fingerprint"]
    return held


def _stale(
    copies: Iterable[_Copy],
    claims: Mapping[str, Mapping[str, ProjectKeypair]],
    creator_ids: set[str],
) -> list[tuple[str, str]]:
    """See Index.stale: the creator may create keypairs, but has none with this name."""
    creators = {
        name: {mapping.normalized_id(user_id) for user_id in claims[name]} for name in claims
    }
    return [
        (copy.holder_id, copy.keypair["name"])
        for copy in copies
        if copy.creator in creator_ids and copy.creator not in creators.get(copy.name, ())
    ]


def keys(index: Index) -> set[tuple[str, ...]]:
    """Each name with its user and key, and the fingerprints of each disputed name."""
    return {
        (name, keypair["user_id"], keypair["fingerprint"], keypair["public_key"])
        for name, keypair in index.keypairs.items()
    } | {(name, *fingerprints) for name, fingerprints in index.disputed.items()}


def changes(
    last_keypairs: Mapping[str, ProjectKeypair], index: Index
) -> list[tuple[ProjectKeypair, ProjectKeypair]]:
    """The keypairs that their creators have replaced in Nova: the old and the new keypair."""
    return [
        (last_keypairs[name], keypair)
        for name, keypair in index.keypairs.items()
        if name in last_keypairs
        and last_keypairs[name]["user_id"] == keypair["user_id"]
        and not keypair["creator_has_left"]
        and mapping.differ(last_keypairs[name], keypair)
    ]


def _classified(
    project_id: str, lists: Mapping[str, Iterable[UserKeypair]], by_token: Collection[str]
) -> tuple[dict[str, dict[str, ProjectKeypair]], list[_Copy]]:
    """The keypairs in the project's namespace by name and user id, and the copies."""
    claims: dict[str, dict[str, ProjectKeypair]] = {}
    copies = []
    for user_id, owned in lists.items():
        for keypair in owned:
            name = mapping.project_name(project_id, keypair["name"])
            copy = mapping.copy_of(project_id, keypair["name"])
            if name is not None:
                claim: ProjectKeypair = {
                    **keypair,
                    "user_id": user_id,
                    "creator_has_left": False,
                    "creator_is_unlisted": user_id in by_token,
                }
                claims.setdefault(name, {})[user_id] = claim
            elif copy is not None:
                copies.append(_Copy(user_id, keypair, copy.name, copy.creator_id))
    return claims, copies


def _of_recorded_creator(
    record: ProjectKeypair | None,
    by_user: Mapping[str, ProjectKeypair],
    creator_ids: set[str],
) -> ProjectKeypair | None:
    """The keypair of the creator that the last index has for the name; None if there is none.

    :param by_user: the keypairs with this name of the users who may create keypairs
    """
    if record is None:
        return None
    creator = mapping.normalized_id(record["user_id"])
    if creator not in creator_ids:
        return {**record, "creator_has_left": True}
    return next(
        (
            keypair
            for user_id, keypair in by_user.items()
            if mapping.normalized_id(user_id) == creator
        ),
        None,
    )


def _candidates(
    claims: Mapping[str, Mapping[str, ProjectKeypair]],
    copies: Sequence[_Copy],
    creator_ids: set[str],
) -> dict[str, list[tuple[int, ProjectKeypair]]]:
    """Name -> the keypairs that may have it, each with the number of users who vouch for it.

    These are the keypairs of users who may create keypairs, and former creators' keypairs of which
    there are copies. The holder of a copy vouches for the original, and a user for the own keypair;
    the user's own copy of it proves nothing more.
    """
    holders = Counter(
        (copy.name, copy.creator, copy.keypair["fingerprint"])
        for copy in copies
        if copy.creator != mapping.normalized_id(copy.holder_id)
    )
    candidates: dict[str, list[tuple[int, ProjectKeypair]]] = {}
    for name, by_user in claims.items():
        candidates[name] = [
            (1 + holders[name, mapping.normalized_id(user_id), keypair["fingerprint"]], keypair)
            for user_id, keypair in by_user.items()
        ]
    copied = {
        (copy.name, copy.creator, copy.keypair["fingerprint"]): copy.keypair
        for copy in copies
        if copy.creator not in creator_ids
    }
    for key, keypair in copied.items():
        name, creator, _fingerprint = key
        former: ProjectKeypair = {
            **keypair,
            "user_id": creator,
            "creator_has_left": True,
            "creator_is_unlisted": False,
        }
        candidates.setdefault(name, []).append((holders[key], former))
    return candidates


def _preferred(
    candidates: Sequence[tuple[int, ProjectKeypair]],
) -> tuple[list[ProjectKeypair], list[str]]:
    """The keypair for a name that the last index lacks, and its fingerprints if it is disputed.

    The keypair for which most users vouch counts. If equally many vouch for several, those of
    current creators are returned: otherwise one planted copy could take a name that nobody has used
    yet. A former creator's keypair is disputed if the copies differ.
    """
    most = max(count for count, _keypair in candidates)
    first = [keypair for count, keypair in candidates if count == most]
    current = [keypair for keypair in first if not keypair["creator_has_left"]]
    if current:
        return current, []
    former = [keypair for _count, keypair in candidates if keypair["creator_has_left"]]
    kept = min(first, key=lambda keypair: (keypair["user_id"], keypair["fingerprint"]))
    if len(former) == 1:
        return [kept], []
    return [kept], sorted({keypair["fingerprint"] for keypair in former})
