"""A request with an Idempotency-Key, as operations see it."""

import dataclasses
import enum
from collections.abc import Callable
from typing import Any

from kic_vm import exceptions

JSON = dict[str, Any]


class Earlier(enum.Enum):
    """What is known of earlier requests with the same key."""

    NONE = enum.auto()
    """There was none, or the store has lost it."""
    SETTLING = enum.auto()
    """One has ended without an answer from OpenStack, which may still act on it."""
    LOST = enum.auto()
    """One has ended without an answer from OpenStack, which no longer acts on it."""


@dataclasses.dataclass(slots=True)
class IdempotentRequest:
    """A request with an Idempotency-Key. The adapters ask it before anything is written."""

    identity: str
    """A digest of the project, the user and the key."""
    fingerprint: str
    """A digest of what is asked for."""
    earlier: Earlier = Earlier.NONE
    retry_after: float = 1.0
    """Seconds until nothing of an earlier request can happen any more."""
    is_resolved: bool = False
    """Whether this request has looked for what an earlier one did."""
    is_told_once: bool = False
    """Whether an earlier request did this, with a secret in its answer that is kept nowhere."""
    notes: JSON = dataclasses.field(default_factory=dict)
    """What earlier requests noted before they wrote."""
    save_notes: Callable[[JSON], None] | None = None
    """Keep notes for later requests with the key."""

    @property
    def is_repeated(self) -> bool:
        """Whether there was an earlier request with this key."""
        return self.earlier is not Earlier.NONE

    def check_write(self) -> None:
        """Let a write go out that cannot do a thing for the second time.

        :raises IdempotencyInProgress: an earlier request may still do it
        :raises OutcomeUnknown: an earlier request may have done it, and nothing tells
        """
        if self.earlier is Earlier.SETTLING:
            raise exceptions.IdempotencyInProgress(self.retry_after)
        if self.earlier is Earlier.LOST and not self.is_resolved:
            raise exceptions.OutcomeUnknown
