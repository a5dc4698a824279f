# SPDX-License-Identifier: Apache-2.0
"""What was seen in a trial, and which promises were kept."""

import dataclasses
from typing import Final

BLOCKED_SECONDS: Final = 60
"""The longest that a retry may have to wait for its answer."""
WITHOUT_KEY: Final = "no key"
"""The trouble of trials whose requests have no key."""
_CONCLUDED: Final = frozenset({"idempotency_answer_withheld", "outcome_unknown"})
"""Codes of 409 that end the retries."""


@dataclasses.dataclass(frozen=True)
class Reference:
    """What a request does where nothing is in its way."""

    difference: str
    """What has come and gone, for people."""
    made: int
    """How many of the thing have come."""
    writes: int
    """How many upstream calls of it change something."""
    status: int
    seconds: float

    @property
    def is_offered(self) -> bool:
        """The gateway has this operation, and it works."""
        return self.status < 300 and self.writes > 0


@dataclasses.dataclass
class Outcome:
    """What was seen in a trial."""

    trouble: str
    faulted: str
    """The upstream call that met the fault, without ids; empty if none did."""
    first: str
    """Status and code of the first answer."""
    is_outcome_told: bool
    """The first answer says that the outcome is unknown."""
    retries: dict[str, int]
    """How often each status and code ended a retry."""
    answered_ids: int
    """How many different things the retries were told of."""
    absent_ids: int
    """How many of these OpenStack does not have."""
    blocked_seconds: float
    made: int
    """How many of the thing there are now that were not there before."""
    expected_made: int
    difference: str
    expected: str
    is_conclusive: bool

    @property
    def is_once(self) -> bool:
        """Exactly what the request does was done, and nothing else is there."""
        return self.difference == self.expected

    @property
    def are_answers_right(self) -> bool:
        """Each retry got the thing, or was told in a documented way that it does not."""
        is_one = self.answered_ids <= 1 and self.absent_ids == 0
        return is_one and all(
            answer[0] == "2" or answer.removeprefix("409 ") in _CONCLUDED for answer in self.retries
        )

    def failures(self) -> list[str]:
        """What has not been kept of what is promised, in a word each."""
        failures = ["doubled"] if self.made > self.expected_made else []
        if self.trouble == WITHOUT_KEY:
            return failures if self.is_outcome_told else [*failures, "not told"]
        if self.made < self.expected_made:
            failures.append("missing")
        elif not (failures or self.is_once):
            failures.append("left over")
        if self.blocked_seconds > BLOCKED_SECONDS:
            failures.append("blocked")
        elif not self.are_answers_right:
            failures.append("other answer")
        return failures
