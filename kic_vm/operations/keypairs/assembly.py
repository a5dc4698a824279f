# SPDX-License-Identifier: Apache-2.0
"""The keypairs of a project, assembled from its users' keypairs in Nova.

Two sources count: the keypairs of users who may create keypairs in the project, and, for creators
who may no longer do so, the last index or the copies that other users have. Former creators'
keypairs in Nova are not read: their owners can change them, and the project's keypairs must not
change with them.
"""

import dataclasses
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

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
) -> Index:
    """Build an index from the keypairs of a project's users.

    :param lists: Nova's keypairs of each user who may create keypairs in the project, by user id
    :param last_keypairs: the keypairs of the last index
    :param find_first: takes names with the ids of the users who claim each; returns the user who
        created the keypair first, by name; called at most once
    """
    claims, copies = _classified(project_id, lists)
    creator_ids = {mapping.normalized_id(user_id) for user_id in lists}
    former, disputed = _of_former_creators(copies, last_keypairs, creator_ids)
    keypairs: dict[str, ProjectKeypair] = {}
    contested: dict[str, dict[str, ProjectKeypair]] = {}
    for name in claims.keys() | former.keys():
        by_user = claims.get(name, {})
        keypair = _of_recorded_creator(
            last_keypairs.get(name), by_user, former.get(name), creator_ids
        ) or _most_used(name, by_user, former.get(name), copies)
        if keypair is None:
            contested[name] = by_user
        else:
            keypairs[name] = keypair
    if contested:
        users = find_first(contested)
        keypairs |= {name: by_user[users[name]] for name, by_user in contested.items()}
    return Index(
        built_at=time.time(),
        keypairs=keypairs,
        held=_held(copies, claims, keypairs),
        disputed={
            name: fingerprints
            for name, fingerprints in disputed.items()
            if keypairs[name] is former[name]
        },
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
    project_id: str, lists: Mapping[str, Iterable[UserKeypair]]
) -> tuple[dict[str, dict[str, ProjectKeypair]], list[_Copy]]:
    """The keypairs in the project's namespace by name and user id, and the copies."""
    claims: dict[str, dict[str, ProjectKeypair]] = {}
    copies = []
    for user_id, owned in lists.items():
        for keypair in owned:
            name = mapping.project_name(project_id, keypair["name"])
            copy = mapping.copy_of(project_id, keypair["name"])
            if name is not None:
                claim: ProjectKeypair = {**keypair, "user_id": user_id, "creator_has_left": False}
                claims.setdefault(name, {})[user_id] = claim
            elif copy is not None:
                copies.append(_Copy(user_id, keypair, copy.name, copy.creator_id))
    return claims, copies


def _of_former_creators(
    copies: Iterable[_Copy], last_keypairs: Mapping[str, ProjectKeypair], creator_ids: set[str]
) -> tuple[dict[str, ProjectKeypair], dict[str, list[str]]]:
    """The keypairs of former creators by name, and the fingerprints of disputed ones.

    The last index decides. For a name that it lacks, the copy that most users have decides; when
    the copies differ, the name is disputed.
    """
    keypairs: dict[str, ProjectKeypair] = {
        name: {**keypair, "creator_has_left": True}
        for name, keypair in last_keypairs.items()
        if mapping.normalized_id(keypair["user_id"]) not in creator_ids
    }
    by_name: dict[str, list[_Copy]] = {}
    for copy in copies:
        if copy.creator not in creator_ids and copy.name not in keypairs:
            by_name.setdefault(copy.name, []).append(copy)
    disputed = {}
    for name, same_name in by_name.items():
        counts = Counter((copy.creator, copy.keypair["fingerprint"]) for copy in same_name)
        most_common = min(counts, key=lambda key: (-counts[key], key))
        copied = next(
            copy.keypair
            for copy in same_name
            if (copy.creator, copy.keypair["fingerprint"]) == most_common
        )
        keypairs[name] = {**copied, "user_id": most_common[0], "creator_has_left": True}
        if len(counts) > 1:
            disputed[name] = sorted({fingerprint for _creator, fingerprint in counts})
    return keypairs, disputed


def _of_recorded_creator(
    record: ProjectKeypair | None,
    by_user: Mapping[str, ProjectKeypair],
    former: ProjectKeypair | None,
    creator_ids: set[str],
) -> ProjectKeypair | None:
    """The keypair of the creator that the last index has for the name; None if there is none."""
    if record is None:
        return None
    creator = mapping.normalized_id(record["user_id"])
    if creator not in creator_ids:
        return former
    return next(
        (
            keypair
            for user_id, keypair in by_user.items()
            if mapping.normalized_id(user_id) == creator
        ),
        None,
    )


def _most_used(
    name: str,
    by_user: Mapping[str, ProjectKeypair],
    former: ProjectKeypair | None,
    copies: Iterable[_Copy],
) -> ProjectKeypair | None:
    """The keypair for a name that the last index lacks; None if several users claim it equally.

    Current creators' keypairs take precedence over copies of former creators' keypairs. Among
    several, the keypair with the most copies counts. The creator's own copy proves nothing.
    """
    if len(by_user) < 2:
        return next(iter(by_user.values()), former)
    counts = Counter(
        (copy.creator, copy.keypair["fingerprint"])
        for copy in copies
        if copy.name == name and copy.creator != mapping.normalized_id(copy.holder_id)
    )
    ranked = sorted(
        (
            (counts[mapping.normalized_id(user_id), keypair["fingerprint"]], user_id)
            for user_id, keypair in by_user.items()
        ),
        reverse=True,
    )
    return by_user[ranked[0][1]] if ranked[0][0] > ranked[1][0] else None
