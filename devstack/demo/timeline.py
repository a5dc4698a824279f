# SPDX-License-Identifier: Apache-2.0
"""The states of a machine in the order in which the API showed them, and how long each lasted."""

from dataclasses import dataclass


@dataclass
class Span:
    """A time in which every answer showed the same state."""

    state: str
    billable: bool
    begin: float
    end: float | None = None

    def seconds(self, now: float) -> float:
        """How long it lasted, or lasts by now."""
        return (now if self.end is None else self.end) - self.begin


class Timeline:
    """All spans of one machine; the last one is open until the machine is gone."""

    def __init__(self) -> None:
        self.spans: list[Span] = []

    @property
    def current(self) -> Span | None:
        """The span that lasts still."""
        return self.spans[-1] if self.spans and self.spans[-1].end is None else None

    def see(self, state: str, billable: bool, now: float) -> Span | None:
        """Take in what an answer said; the span that this ended, if it did."""
        current = self.current
        if current and (current.state, current.billable) == (state, billable):
            return None
        ended = self.close(now)
        self.spans.append(Span(state, billable, now))
        return ended

    def close(self, now: float) -> Span | None:
        """The machine is no longer in its last state; the span that this ended."""
        current = self.current
        if current:
            current.end = now
        return current

    def seen(self) -> set[str]:
        """The different states."""
        return {span.state for span in self.spans}

    def seconds(self, now: float, *, billable: bool) -> float:
        """Time in billed or in unbilled states."""
        return sum(span.seconds(now) for span in self.spans if span.billable is billable)

    def bar(self, width: int, now: float) -> list[bool]:
        """The whole time cut into ``width`` equal pieces: whether each was billed."""
        if not self.spans:
            return []
        begin = self.spans[0].begin
        piece = (sum(span.seconds(now) for span in self.spans)) / width
        return [self._billable(begin + (index + 0.5) * piece) for index in range(width)]

    def _billable(self, moment: float) -> bool:
        earlier = [span for span in self.spans if span.begin <= moment]
        return earlier[-1].billable
