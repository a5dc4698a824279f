"""The keypairs of a project, put together from those that its users have in Nova.

Two things count: the keypair of a user who may create keypairs in the project, and, where a creator
may not do so any more, what is remembered of theirs: the last index, or the copies that other users
have. What former creators have in Nova is not asked about: they can change it, and the project's
keypair must not change with it.
"""

import dataclasses
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from kic_vm.mappings import keypairs as mapping

JSON = dict[str, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Index:
    """The keypairs of one project."""

    built_at: float
    """Seconds since the epoch."""
    keypairs: Mapping[str, JSON]
    """Name -> the creator's ``user_id``, ``creator_has_left``, and what Nova's lists have of it."""
    held: Mapping[str, Mapping[str, Mapping[str, str]]]
    """Name -> user id -> name in Nova -> fingerprint: what users have in Nova under a name.

    Copies of the keypair, and what goes by the same name but is another one.
    """
    disputed: Mapping[str, Sequence[str]]
    """Name -> fingerprints of the copies of a former creator's keypair, where they differ."""
    stale: Sequence[tuple[str, str]]
    """Copies of what their creator has deleted: user id and name in Nova."""

    def age(self) -> float:
        """Seconds since it was made."""
        return max(0.0, time.time() - self.built_at)

    def copies(self, project_id: str, name: str) -> dict[str, str]:
        """The users who have a copy of a keypair, by id, and the fingerprint of each copy."""
        copy = mapping.copy_name(project_id, self.keypairs[name]["user_id"], name)
        held = self.held.get(name, {})
        return {user_id: owned[copy] for user_id, owned in held.items() if copy in owned}


@dataclasses.dataclass(frozen=True, slots=True)
class _Copy:
    """A user's copy of a keypair."""

    holder_id: str
    keypair: JSON
    name: str
    creator: str
    """As ``told_id`` gives it."""


_First = Callable[[Mapping[str, Iterable[str]]], Mapping[str, str]]


def assemble(
    project_id: str, lists: Mapping[str, Iterable[JSON]], known: Mapping[str, JSON], first: _First
) -> Index:
    """An index from the keypairs of a project's users.

    :param lists: Nova's keypairs of each user who may create keypairs in the project, by user id
    :param known: the keypairs of the last index
    :param first: given names and the ids of the users who claim each, who has made it first;
        called once at most
    """
    claims, copies = _sorted_out(project_id, lists)
    present = {mapping.told_id(user_id) for user_id in lists}
    left, disputed = _of_former_creators(copies, known, present)
    keypairs: dict[str, JSON] = {}
    open_names: dict[str, dict[str, JSON]] = {}
    for name in claims.keys() | left.keys():
        made = claims.get(name, {})
        keypair = _recorded(known.get(name), made, left.get(name), present) or _only(
            name, made, left.get(name), copies
        )
        if keypair is None:
            open_names[name] = made
        else:
            keypairs[name] = keypair
    if open_names:
        users = first(open_names)
        keypairs |= {name: made[users[name]] for name, made in open_names.items()}
    return Index(
        built_at=time.time(),
        keypairs=keypairs,
        held=_held(copies, claims, keypairs),
        disputed={
            name: fingerprints
            for name, fingerprints in disputed.items()
            if keypairs[name] is left[name]
        },
        stale=_stale(copies, claims, present),
    )


def _held(
    copies: Iterable[_Copy],
    claims: Mapping[str, Mapping[str, JSON]],
    keypairs: Mapping[str, JSON],
) -> dict[str, dict[str, dict[str, str]]]:
    """See Index: copies, and keypairs of users' own that do not count."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    owned = [(copy.name, copy.holder_id, copy.keypair) for copy in copies]
    owned += [
        (name, user_id, keypair)
        for name, made in claims.items()
        for user_id, keypair in made.items()
        if keypair is not keypairs[name]
    ]
    for name, user_id, keypair in owned:
        of_user = found.setdefault(name, {}).setdefault(user_id, {})
        of_user[keypair["name"]] = keypair["fingerprint"]
    return found


def _stale(
    copies: Iterable[_Copy], claims: Mapping[str, Mapping[str, JSON]], present: set[str]
) -> list[tuple[str, str]]:
    """See Index: the creator may create keypairs, and has none of this name."""
    creators = {name: {mapping.told_id(user_id) for user_id in claims[name]} for name in claims}
    return [
        (copy.holder_id, copy.keypair["name"])
        for copy in copies
        if copy.creator in present and copy.creator not in creators.get(copy.name, ())
    ]


def changes(known: Mapping[str, JSON], index: Index) -> list[tuple[JSON, JSON]]:
    """Keypairs that their creators have replaced in Nova: as they were, and as they are."""
    return [
        (known[name], keypair)
        for name, keypair in index.keypairs.items()
        if name in known
        and known[name]["user_id"] == keypair["user_id"]
        and not keypair["creator_has_left"]
        and any(known[name][field] != keypair[field] for field in ("fingerprint", "public_key"))
    ]


def _sorted_out(
    project_id: str, lists: Mapping[str, Iterable[JSON]]
) -> tuple[dict[str, dict[str, JSON]], list[_Copy]]:
    """The project's keypairs by name and user id, and the copies of them."""
    claims: dict[str, dict[str, JSON]] = {}
    copies = []
    for user_id, owned in lists.items():
        for keypair in owned:
            name = mapping.project_name(project_id, keypair["name"])
            copy = mapping.copy_of(project_id, keypair["name"])
            if name is not None:
                made = keypair | {"user_id": user_id, "creator_has_left": False}
                claims.setdefault(name, {})[user_id] = made
            elif copy is not None:
                copies.append(_Copy(user_id, keypair, copy.name, copy.creator_id))
    return claims, copies


def _of_former_creators(
    copies: Iterable[_Copy], known: Mapping[str, JSON], present: set[str]
) -> tuple[dict[str, JSON], dict[str, list[str]]]:
    """Keypairs by name of creators who are not among those present, as they are remembered.

    The last index counts; where it has none of a name, the copy that most users have. Then the
    fingerprints of all are there too, unless they are one.
    """
    found = {
        name: keypair | {"creator_has_left": True}
        for name, keypair in known.items()
        if mapping.told_id(keypair["user_id"]) not in present
    }
    by_name: dict[str, list[_Copy]] = {}
    for copy in copies:
        if copy.creator not in present and copy.name not in found:
            by_name.setdefault(copy.name, []).append(copy)
    disputed = {}
    for name, same in by_name.items():
        counted = Counter((copy.creator, copy.keypair["fingerprint"]) for copy in same)
        most = min(counted, key=lambda key: (-counted[key], key))
        keypair = next(
            copy.keypair for copy in same if (copy.creator, copy.keypair["fingerprint"]) == most
        )
        found[name] = keypair | {"user_id": most[0], "creator_has_left": True}
        if len(counted) > 1:
            disputed[name] = sorted({fingerprint for _creator, fingerprint in counted})
    return found, disputed


def _recorded(
    record: JSON | None, made: Mapping[str, JSON], left: JSON | None, present: set[str]
) -> JSON | None:
    """The keypair of the creator whose a name was in the last index; None if there is none."""
    if record is None:
        return None
    creator = mapping.told_id(record["user_id"])
    if creator not in present:
        return left
    return next((one for user_id, one in made.items() if mapping.told_id(user_id) == creator), None)


def _only(
    name: str, made: Mapping[str, JSON], left: JSON | None, copies: Iterable[_Copy]
) -> JSON | None:
    """The keypair of a name that no index knows; None if several users claim it alike.

    What users have now counts before what copies say of others, and of several the one of which
    the most users have copies.
    """
    if len(made) < 2:
        return next(iter(made.values()), left)
    used = Counter(
        (copy.creator, copy.keypair["fingerprint"]) for copy in copies if copy.name == name
    )
    most = sorted(
        (
            (used[mapping.told_id(user_id), one["fingerprint"]], user_id)
            for user_id, one in made.items()
        ),
        reverse=True,
    )
    return made[most[0][1]] if most[0][0] > most[1][0] else None
