# SPDX-License-Identifier: Apache-2.0
"""The keypairs of a project, assembled from its users' keypairs in Nova.

Two sources count: the keypairs of users who may create keypairs in the project, and, for creators
who may no longer do so, the last index or the copies that other users have. Former creators'
keypairs in Nova are not listed: their owners can change them, and the project's keypairs must not
change with them. If the last index lacks a name, the keypair counts for which most users vouch.
"""

import dataclasses
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from kic_vm.mappings import keypairs as mapping
from kic_vm.mappings.keypairs import ProjectKeypair
from kic_vm.operations.keypairs.candidates import (
    Candidate,
    FindFirst,
    HeldCopy,
    are_disputed,
    candidates_of,
    fingerprints_of,
    former_first,
    oldest_first,
    preferred,
)
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
    """Name -> the fingerprints of several keypairs of which none is certain to be the project's.

    At least one of them is a former creator's, which only copies show.
    """
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


class LastIndex(NamedTuple):
    """What the last index says about the names of keypairs."""

    keypairs: Mapping[str, ProjectKeypair] = {}
    """The keypairs whose creator is certain."""
    disputed: Mapping[str, ProjectKeypair] = {}
    """The keypairs that the index shows for disputed names."""


def assemble(
    project_id: str,
    lists: Mapping[str, Iterable[UserKeypair]],
    last: LastIndex,
    find_first: FindFirst,
    by_token: Collection[str] = (),
) -> Index:
    """Build an index from the keypairs of a project's users.

    A name that is disputed stays so until an admin, or the owners of the keypairs, have decided it:
    members can add votes as they like.

    :param lists: Nova's keypairs of each user who may create keypairs in the project, by user id
    :param last: what the last index says
    :param find_first: takes names with traces of the keypairs that may have each; returns the
        oldest trace, by name; called at most once
    :param by_token: the users whose role comes from the token alone
    """
    claims, copies = _classified(project_id, lists, by_token)
    creator_ids = {mapping.normalized_id(user_id) for user_id in lists}
    candidates = candidates_of(project_id, claims, copies, creator_ids)
    keypairs: dict[str, ProjectKeypair] = {}
    contested: dict[str, list[Candidate]] = {}
    disputed: dict[str, list[str]] = {}
    for name in last.keypairs.keys() | candidates.keys():
        keypair = _of_recorded_creator(last.keypairs.get(name), claims.get(name, {}), creator_ids)
        if keypair is not None:
            keypairs[name] = keypair
        elif name in last.disputed and are_disputed(candidates.get(name, ())):
            ordered = former_first(candidates[name], last.disputed[name])
            keypairs[name] = ordered[0].keypair
            disputed[name] = fingerprints_of(ordered)
        elif name in candidates:
            contested[name] = preferred(candidates[name])
    for name, ordered in oldest_first(contested, find_first).items():
        keypairs[name] = ordered[0].keypair
        if keypairs[name]["creator_has_left"] and are_disputed(ordered):
            disputed[name] = fingerprints_of(ordered)
    return Index(
        built_at=time.time(),
        keypairs=keypairs,
        held=_held(copies, claims, keypairs),
        disputed=disputed,
        stale=_stale(copies, claims, creator_ids),
    )


def _held(
    copies: Iterable[HeldCopy],
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
    copies: Iterable[HeldCopy],
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
) -> tuple[dict[str, dict[str, ProjectKeypair]], list[HeldCopy]]:
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
                copies.append(HeldCopy(user_id, keypair, copy.name, copy.creator_id))
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
