"""The rows of the lifecycle tables, as the rest of the gateway sees them."""

import dataclasses
import typing
from collections.abc import Hashable

# What OpenStack shows for a resource: a pair for an instance, a status for a volume.
K = typing.TypeVar("K", bound=Hashable)

Language: typing.TypeAlias = typing.Literal["en", "ko"]

# Any task state, "none" included, for which no row lists the pair itself.
ANY_TASK = "*"


class LifecycleTableError(ValueError):
    """A lifecycle table that cannot be trusted; the sentence names the file and the row."""

    def __init__(self, where: str, problem: str) -> None:
        """Say where, as in ``instance_states.yaml, state Active``, and what is wrong there."""
        super().__init__(f"{where}: {problem}")


class InstancePair(typing.NamedTuple):
    """What Nova says about a server: ``OS-EXT-STS:vm_state`` and ``OS-EXT-STS:task_state``.

    In a table the task state may be ``ANY_TASK``; what Nova shows never is.
    """

    vm_state: str
    task_state: str | None


@dataclasses.dataclass(frozen=True, slots=True)
class Meaning:
    """What a state means, in a sentence for the user."""

    en: str
    ko: str

    def of(self, language: Language) -> str:
        """The sentence in one language."""
        return self.ko if language == "ko" else self.en


@dataclasses.dataclass(frozen=True, slots=True)
class Limit:
    """Why a resource allows fewer commands than its documented state."""

    name: str
    allows: tuple[str, ...]
    """The commands that it leaves, where the state allows them."""
    reason: Meaning


@dataclasses.dataclass(frozen=True, slots=True)
class Row(typing.Generic[K]):
    """One documented state."""

    state: str
    """The name as documented, ``Shelved_offloaded``."""
    wire: str
    """The ``status`` value in answers and filters, ``shelved_offloaded``."""
    billable: bool
    """Whether time spent in this state is billed."""
    meaning: Meaning
    openstack: tuple[K, ...]
    """What is listed for this state, as listed: wildcards are not expanded."""
    openstack_when: tuple[tuple[str, K], ...]
    """Condition and key: listed for this state only while the caller states the condition."""
    openstack_limits: tuple[tuple[K, Limit], ...]
    """Key and limit: the limit applies while OpenStack shows the key."""
    limited_when: tuple[Limit, ...]
    """The limits that apply in this state when the caller of a lookup states them."""
    allowed_actions: tuple[str, ...]
    """The commands a user may give, in the order of the table's vocabulary."""
    why: str
    """The reason of the choice, where it is not obvious."""
    limits: tuple[Limit, ...] = ()
    """The limits that took commands away from ``allowed_actions``."""

    def allows(self, action: str) -> bool:
        """Whether a user may give this command in this state."""
        return action in self.allowed_actions

    def limited_by(self, limit: Limit) -> "Row[K]":
        """The state with only the commands that the limit leaves.

        It is the same row where the limit takes nothing away.
        """
        left = tuple(action for action in self.allowed_actions if action in limit.allows)
        if left == self.allowed_actions:
            return self
        return dataclasses.replace(self, allowed_actions=left, limits=(*self.limits, limit))


@dataclasses.dataclass(frozen=True, slots=True)
class Transition:
    """The way one command, or one event, takes through the documented states."""

    name: str
    from_states: tuple[str, ...]
    """Empty when nothing is there yet (a creation)."""
    is_from_anywhere: bool
    """True when the table says "anywhere" rather than listing the states."""
    through: tuple[str, ...]
    ends_in: tuple[str, ...]
    """Empty when nothing is left (a deletion)."""


@dataclasses.dataclass(frozen=True, slots=True)
class Table(typing.Generic[K]):
    """A checked table: the rows in documented order, and the indexes made from them."""

    rows: tuple[Row[K], ...]
    actions: tuple[str, ...]
    """Every command that exists on the resource."""
    transitions: tuple[Transition, ...]
    index: dict[K, Row[K]]
    """Every key that OpenStack is known to show, wildcards expanded."""
    conditional: dict[tuple[str, K], Row[K]]
    """Condition and key, for what only the caller can know."""
    limits: dict[str, Limit]
    unknown: Row[K]
    """The answer for what nothing else covers."""
    by_wire: dict[str, Row[K]]


InstanceState: typing.TypeAlias = Row[InstancePair]
VolumeState: typing.TypeAlias = Row[str]
