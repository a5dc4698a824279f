# SPDX-License-Identifier: Apache-2.0
"""Whose a keypair's name is if the last index does not tell.

Several users of a project can have a keypair with the same name in Nova, and copies show the
keypairs of users who may no longer create any. The users who vouch for each of them decide.
"""

import dataclasses
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from kic_vm.mappings import keypairs as mapping
from kic_vm.mappings.keypairs import ProjectKeypair
from kic_vm.resources.compute import UserKeypair


@dataclasses.dataclass(frozen=True, slots=True)
class HeldCopy:
    """A user's copy of a keypair."""

    holder_id: str
    keypair: UserKeypair
    name: str
    creator: str
    """The creator's id as ``normalized_id`` returns it."""

    @property
    def original(self) -> tuple[str, str, str]:
        """Name, creator and fingerprint of the copied keypair."""
        return self.name, self.creator, self.keypair["fingerprint"]


class Trace(NamedTuple):
    """A keypair in Nova that shows how old a project's keypair is: itself, or a copy of it."""

    owner_id: str
    name: str
    """In Nova."""
    fingerprint: str


@dataclasses.dataclass(frozen=True, slots=True)
class Candidate:
    """A keypair that may be the project's keypair with a name."""

    keypair: ProjectKeypair
    votes: int
    """The number of users who vouch for the keypair."""
    traces: Sequence[Trace]


FindFirst = Callable[[Mapping[str, Iterable[Trace]]], Mapping[str, Trace]]


def candidates_of(
    project_id: str,
    claims: Mapping[str, Mapping[str, ProjectKeypair]],
    copies: Sequence[HeldCopy],
    creator_ids: set[str],
) -> dict[str, list[Candidate]]:
    """Name -> the keypairs that may have it.

    These are the keypairs of users who may create keypairs, and former creators' keypairs of which
    there are copies. The holder of a copy vouches for the original, and a user for the own keypair;
    the user's own copy of it proves nothing more. The holder of copies of several keypairs with the
    same name vouches for none: a member uses only one.
    """
    votes = _votes(copies)
    candidates: dict[str, list[Candidate]] = {}
    for name, by_user in claims.items():
        for user_id, keypair in by_user.items():
            claimed = (name, mapping.normalized_id(user_id), keypair["fingerprint"])
            trace = Trace(user_id, keypair["name"], keypair["fingerprint"])
            candidates.setdefault(name, []).append(Candidate(keypair, 1 + votes[claimed], [trace]))
    by_original: dict[tuple[str, str, str], list[HeldCopy]] = {}
    for copy in copies:
        by_original.setdefault(copy.original, []).append(copy)
    for original, holders in by_original.items():
        name, creator, fingerprint = original
        if creator in creator_ids:
            continue
        former: ProjectKeypair = {
            **holders[-1].keypair,
            "user_id": creator,
            "creator_has_left": True,
            "creator_is_unlisted": False,
        }
        # The creator may have replaced the original since, but nobody can make a keypair older.
        traces = [Trace(creator, mapping.nova_name(project_id, name), fingerprint)]
        traces += [Trace(copy.holder_id, copy.keypair["name"], fingerprint) for copy in holders]
        candidates.setdefault(name, []).append(Candidate(former, votes[original], traces))
    return candidates


def _votes(copies: Sequence[HeldCopy]) -> Counter[tuple[str, str, str]]:
    """The number of users who vouch for each original by a copy."""
    originals: dict[tuple[str, str], set[tuple[str, str, str]]] = {}
    for copy in copies:
        originals.setdefault((copy.name, copy.holder_id), set()).add(copy.original)
    return Counter(
        copy.original
        for copy in copies
        if copy.creator != mapping.normalized_id(copy.holder_id)
        and len(originals[copy.name, copy.holder_id]) == 1
    )


def preferred(candidates: Iterable[Candidate]) -> list[Candidate]:
    """The keypairs of which one is the project's, if the last index lacks the name.

    The keypair for which most users vouch counts. If that is a former creator's, any other former
    creator's keypair may be the right one too: the same members may have planted the copies.
    """
    by_votes = sorted(candidates, key=lambda one: (-one.votes, *_key(one.keypair)))
    first = [one for one in by_votes if one.votes == by_votes[0].votes]
    if all(one.keypair["creator_has_left"] for one in first):
        return [one for one in by_votes if one.keypair["creator_has_left"]]
    return first


def fingerprints_of(candidates: Iterable[Candidate]) -> list[str]:
    """The different fingerprints, sorted."""
    return sorted({one.keypair["fingerprint"] for one in candidates})


def are_disputed(candidates: Collection[Candidate]) -> bool:
    """Whether the keypairs have different keys, and one of them is a former creator's."""
    is_former = any(one.keypair["creator_has_left"] for one in candidates)
    return is_former and len(fingerprints_of(candidates)) > 1


def former_first(candidates: Iterable[Candidate], shown: ProjectKeypair) -> list[Candidate]:
    """The keypairs, from the one that was shown before, or from another former creator's."""
    return sorted(
        candidates,
        key=lambda one: (
            _key(one.keypair) != _key(shown),
            not one.keypair["creator_has_left"],
            -one.votes,
            *_key(one.keypair),
        ),
    )


def _key(keypair: ProjectKeypair) -> tuple[str, str]:
    return (keypair["user_id"], keypair["fingerprint"])


def oldest_first(
    contested: Mapping[str, list[Candidate]], find_first: FindFirst
) -> dict[str, list[Candidate]]:
    """The keypairs with each name, from the oldest if a member's keypair is among several.

    So a new keypair does not take a former creator's name, and a copy that somebody plants does not
    take a name that nobody has used yet. If all have the same key, a member's is the first one.
    """
    unsettled = {
        name: [trace for one in several for trace in one.traces]
        for name, several in contested.items()
        if len(several) > 1 and not all(one.keypair["creator_has_left"] for one in several)
    }
    first = find_first(unsettled) if unsettled else {}
    return {name: _ordered(several, first.get(name)) for name, several in contested.items()}


def _ordered(candidates: Sequence[Candidate], oldest: Trace | None) -> list[Candidate]:
    has_one_key = len(fingerprints_of(candidates)) == 1
    return sorted(
        candidates,
        key=lambda one: (
            has_one_key and one.keypair["creator_has_left"],
            oldest not in one.traces,
        ),
    )
