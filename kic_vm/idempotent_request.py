# SPDX-License-Identifier: Apache-2.0
"""A request with an Idempotency-Key, for operations and adapters."""

import dataclasses
import enum
from collections.abc import Callable
from typing import Any

from kic_vm import exceptions

JSON = dict[str, Any]


class Earlier(enum.Enum):
    """The state of earlier requests with the same key."""

    NONE = enum.auto()
    """There was none, or the store has lost its record."""
    SETTLING = enum.auto()
    """One ended without an answer from OpenStack, which may still process it."""
    LOST = enum.auto()
    """One ended without an answer from OpenStack, which no longer processes it."""


@dataclasses.dataclass(slots=True)
class IdempotentRequest:
    """A request with an Idempotency-Key. The adapters call ``check_write`` before every write."""

    identity: str
    """A digest of the project, the user and the key."""
    fingerprint: str
    """A digest of the request's method, path and body."""
    earlier: Earlier = Earlier.NONE
    retry_after: float = 1.0
    """Seconds until an earlier request can have no more effect."""
    is_resolved: bool = False
    """Whether this request has looked for the results of an earlier one."""
    has_found: bool = False
    """Whether this request has found resources that an earlier one created."""
    is_answer_withheld: bool = False
    """Whether an earlier request was done and returned a secret, which is not stored."""
    notes: JSON = dataclasses.field(default_factory=dict)
    """The notes that earlier requests stored before they wrote."""
    save_notes: Callable[[JSON], None] | None = None
    """Stores notes for later requests with the key."""
    confirm_lease: Callable[[], None] | None = None
    """Raises an exception if another process may have taken over the request."""

    @property
    def is_repeated(self) -> bool:
        """Whether there was an earlier request with this key."""
        return self.earlier is not Earlier.NONE

    @property
    def is_outcome_open(self) -> bool:
        """Whether an earlier request may have been done, at least in part."""
        is_lost = self.earlier is Earlier.LOST and not self.is_resolved
        return self.has_found or is_lost or self.earlier is Earlier.SETTLING

    def check_write(self) -> None:
        """Refuse a write that another request with the key may have done or may do.

        :raises IdempotencyInProgress: an earlier request may still do it, or this process was
            suspended and another one has taken over the request
        :raises IdempotencyUnavailable: another process may have taken over the request
        :raises OutcomeUnknown: an earlier request may have done it, and this cannot be determined
        """
        if self.earlier is Earlier.SETTLING:
            raise exceptions.IdempotencyInProgress(self.retry_after)
        if self.earlier is Earlier.LOST and not self.is_resolved:
            raise exceptions.OutcomeUnknown
        if self.confirm_lease is not None:
            self.confirm_lease()
