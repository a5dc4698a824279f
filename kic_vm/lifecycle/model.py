# SPDX-License-Identifier: Apache-2.0
"""The rows of the lifecycle tables, as the rest of the gateway uses them."""

import dataclasses
import typing
from collections.abc import Hashable

from kic_vm.data_files import DataFileError

# OpenStack's state of a resource: a pair for an instance, a status for a volume.
K = typing.TypeVar("K", bound=Hashable)

Language: typing.TypeAlias = typing.Literal["en", "ko"]

# Any task state, including none, whose pair no row lists explicitly.
ANY_TASK = "*"


class LifecycleTableError(DataFileError):
    """An invalid lifecycle table."""


class InstancePair(typing.NamedTuple):
    """A server's state in Nova: ``OS-EXT-STS:vm_state`` and ``OS-EXT-STS:task_state``.

    In a table, the task state may be ``ANY_TASK``; Nova never shows it.
    """

    vm_state: str
    task_state: str | None


@dataclasses.dataclass(frozen=True, slots=True)
class Meaning:
    """The meaning of a state, in a sentence for the user."""

    en: str
    ko: str

    def of(self, language: Language) -> str:
        """The sentence in one language."""
        return self.ko if language == "ko" else self.en


@dataclasses.dataclass(frozen=True, slots=True)
class Limit:
    """A reason why a resource allows fewer commands than its documented state."""

    name: str
    allows: tuple[str, ...]
    """The commands that remain allowed, if the state allows them."""
    reason: Meaning


@dataclasses.dataclass(frozen=True, slots=True)
class Row(typing.Generic[K]):
    """One documented state."""

    state: str
    """The name as documented, ``Shelved_offloaded``."""
    wire: str
    """The ``status`` value in responses and filters, ``shelved_offloaded``."""
    billable: bool
    """Whether time spent in this state is billed."""
    meaning: Meaning
    openstack: tuple[K, ...]
    """The keys listed for this state, with unexpanded wildcards."""
    openstack_when: tuple[tuple[str, K], ...]
    """Condition and key: the key counts for this state only if the caller passes the condition."""
    openstack_limits: tuple[tuple[K, Limit], ...]
    """Key and limit: the limit applies while OpenStack shows the key."""
    limited_when: tuple[Limit, ...]
    """The limits that apply in this state when the caller of a lookup passes them."""
    allowed_actions: tuple[str, ...]
    """The commands that a user may run, in the order of the table's vocabulary."""
    why: str
    """The reason for the choice, if it is not obvious."""
    limits: tuple[Limit, ...] = ()
    """The limits that have removed commands from ``allowed_actions``."""

    def allows(self, action: str) -> bool:
        """Whether a user may run this command in this state."""
        return action in self.allowed_actions

    def limited_by(self, limit: Limit) -> "Row[K]":
        """The state with only the commands that the limit allows.

        It is the same row if the limit removes no command.
        """
        remaining = tuple(action for action in self.allowed_actions if action in limit.allows)
        if remaining == self.allowed_actions:
            return self
        return dataclasses.replace(self, allowed_actions=remaining, limits=(*self.limits, limit))


@dataclasses.dataclass(frozen=True, slots=True)
class Transition:
    """The path of one command or event through the documented states."""

    name: str
    from_states: tuple[str, ...]
    """Empty for a creation."""
    is_from_anywhere: bool
    """True when the table says "anywhere" instead of a list of states."""
    through: tuple[str, ...]
    ends_in: tuple[str, ...]
    """Empty for a deletion."""


@dataclasses.dataclass(frozen=True, slots=True)
class Table(typing.Generic[K]):
    """A checked table: the rows in documented order, and their indexes."""

    rows: tuple[Row[K], ...]
    actions: tuple[str, ...]
    """Every command of the resource."""
    transitions: tuple[Transition, ...]
    index: dict[K, Row[K]]
    """Every key that OpenStack is known to show, with expanded wildcards."""
    conditional: dict[tuple[str, K], Row[K]]
    """Condition and key, for conditions that only the caller can know."""
    limits: dict[str, Limit]
    unknown: Row[K]
    """The row for keys that no other row covers."""
    by_wire: dict[str, Row[K]]


InstanceState: typing.TypeAlias = Row[InstancePair]
VolumeState: typing.TypeAlias = Row[str]
