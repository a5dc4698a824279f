# SPDX-License-Identifier: Apache-2.0
"""The times of recent lists, and the lists that a request accepts."""

import dataclasses
import time
from typing import Final

# The clocks of two hosts may differ by some seconds; a later time is an error.
_CLOCK_DIFFERENCE: Final = 5.0


@dataclasses.dataclass(frozen=True, slots=True)
class Stamp:
    """The generation and the time of a fetch."""

    generation: bytes
    """The project's generation before the fetch: 8 bytes."""
    began: float
    """The start of the fetch, in seconds since the epoch."""


@dataclasses.dataclass(frozen=True, slots=True)
class Terms:
    """The lists that a request accepts."""

    generation: bytes
    is_shared: bool
    arrived: float
    max_age: float

    @property
    def end_of_wait(self) -> float:
        """The end of the wait for another fetch, in seconds since the epoch."""
        return self.arrived + self.max_age

    def accept(self, stamp: Stamp) -> bool:
        """Whether the request may use a list now."""
        age = time.time() - stamp.began
        return (
            stamp.generation == self.generation
            and age >= -_CLOCK_DIFFERENCE
            and (stamp.began >= self.arrived or age <= self.max_age)
        )

    def age_of(self, stamp: Stamp) -> float:
        """The age of a list in seconds; 0 if its fetch began after the arrival."""
        return 0.0 if stamp.began >= self.arrived else max(0.0, time.time() - stamp.began)
