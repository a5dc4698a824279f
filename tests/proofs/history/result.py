# SPDX-License-Identifier: Apache-2.0
"""The size of a run, and what was seen in it."""

import dataclasses
import statistics

from tests.proofs.history.comparison import Comparison, Edge


@dataclasses.dataclass(frozen=True, slots=True)
class Options:
    """The size of a run."""

    instances: int = 60
    minutes: float = 15.0
    pause: float = 90.0
    """The mean number of seconds between two commands on an instance."""
    seed: int = 1
    followers: int = 2
    follower_kills: int = 20
    compute_kills: int = 2
    dark_minutes: float = 2.0
    """The length of the walk without a follower."""


@dataclasses.dataclass(slots=True)
class Reading:
    """The ledger at one moment, compared with the truth."""

    name: str
    comparisons: list[Comparison]
    sums_differ: list[str]
    """Instances whose usage differs from the sum of their periods."""
    changed: list[str]
    """What differs from the reading before, other than ``observed`` that is now unknown."""

    @property
    def edges(self) -> list[Edge]:
        """The compared edges of all instances."""
        return [edge for comparison in self.comparisons for edge in comparison.edges]

    def total(self, field: str) -> float:
        """The sum of a number of all comparisons."""
        return float(sum(getattr(comparison, field) for comparison in self.comparisons))

    def count(self, field: str) -> int:
        """The number of items in a list of all comparisons."""
        return sum(len(getattr(comparison, field)) for comparison in self.comparisons)

    def late_edges(self) -> list[Edge]:
        """The edges that are further from the truth than the aim for their evidence."""
        return [edge for edge in self.edges if edge.is_late]

    @property
    def is_passed(self) -> bool:
        """Whether all aims are reached."""
        unexplained = any(
            unknown.reason == "not explained"
            for comparison in self.comparisons
            for unknown in comparison.unknowns
        )
        bad = self.late_edges() or self.sums_differ or self.changed or unexplained
        return not (
            bad or self.count("missed") or self.count("invented") or self.total("unaccounted")
        )


@dataclasses.dataclass(slots=True)
class Result:
    """What was seen."""

    options: Options
    readings: list[Reading] = dataclasses.field(default_factory=list)
    load: float = 0.0
    """The mean load of the machine during the walk."""
    commands: dict[str, int] = dataclasses.field(default_factory=dict)
    refused: dict[str, int] = dataclasses.field(default_factory=dict)
    instances: int = 0
    notifications: int = 0
    unconfirmed: list[str] = dataclasses.field(default_factory=list)
    """Instances whose last notification differs from what Nova shows in the end."""

    @property
    def is_passed(self) -> bool:
        """Whether each reading reached the aims, and the recorder saw everything."""
        return not self.unconfirmed and all(reading.is_passed for reading in self.readings)


def error_row(edges: list[Edge]) -> tuple[int, float, float]:
    """The number of edges, and their median and worst error in seconds."""
    errors = [abs(edge.error) for edge in edges if edge.error is not None]
    return len(errors), round(statistics.median(errors), 2), round(max(errors), 2)
