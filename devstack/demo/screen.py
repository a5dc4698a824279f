# SPDX-License-Identifier: Apache-2.0
"""What the person sees: a live table on a terminal, plain lines elsewhere."""

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

from .timeline import Span, Timeline

BOLD, DIM, GREEN, YELLOW, RED, CYAN = "1", "2", "32", "33", "31", "36"
STATE_WIDTH = 22
BAR_WIDTH = 60
SPINNER = "|/-\\"
NARROWEST = 80  # columns; a line that wraps could not be rewritten


def is_live(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether the stream is a terminal that can show colours and rewrite a line."""
    if not stream.isatty() or environ.get("NO_COLOR") or environ.get("TERM", "dumb") == "dumb":
        return False
    return shutil.get_terminal_size().columns >= NARROWEST


class Screen:
    """Prints the story; the newest line is rewritten while its state lasts, if it is a terminal."""

    def __init__(self, stream: TextIO | None = None, *, live: bool | None = None) -> None:
        self._stream = stream or sys.stdout
        self._live = is_live(self._stream, os.environ) if live is None else live
        self._meanings: dict[str, str] = {}
        self._pending = False
        self._turn = 0

    def know(self, meanings: dict[str, str]) -> None:
        """Take the sentence that says what each state means."""
        self._meanings = meanings

    def part(self, text: str) -> None:
        """Begin a part of the demo."""
        self._line(f"\n{self._paint(f'== {text}', BOLD, CYAN)}")

    def note(self, text: str) -> None:
        """One line of its own."""
        self._line(text)

    def table_head(self) -> None:
        """What the columns of the story are."""
        request = f"{'#':>3} {'STEP':<13} {'REQUEST':<41} {'STATUS':>6} {'TOOK':>8}"
        state = f"{'':4}{'STATE':<{STATE_WIDTH + 2}} {'BILLED':<10} {'LASTED':>9}   MEANING"
        self._line(self._paint(f"{request}\n{state}", DIM))

    def asking(self, number: int, name: str, request: str) -> None:
        """A request is under way."""
        self._rewrite(self._request(number, name, request, "...", ""))

    def answered(  # one line has all of it
        self, number: int, name: str, request: str, status: int, seconds: float, detail: str
    ) -> None:
        """A request was answered."""
        self._line(self._request(number, name, request, str(status), f"{seconds:6.2f} s"))
        if detail:
            self._line(f"    {self._paint(detail, DIM)}")

    def lasting(self, span: Span, now: float) -> None:
        """The state that the machine is in; shown on a terminal only."""
        self._turn += 1
        mark = SPINNER[self._turn % len(SPINNER)]
        self._rewrite(self._state(span, f"{span.seconds(now):7.2f} s", f"{mark}"))

    def passed(self, span: Span) -> None:
        """A state that is over."""
        self._line(self._state(span, f"{span.seconds(0):7.2f} s", ""))

    def reached(self, span: Span, seconds: float) -> None:
        """The state that a step was to reach; its row comes when the next step ends it."""
        billed = self._paint("billed", GREEN) if span.billable else "not billed"
        state = self._paint(span.state, BOLD)
        self._line(f"    -> {state}, {billed}: {seconds:.2f} s after the request")

    def gone(self, seconds: float) -> None:
        """The machine is no longer there."""
        self._line(f"    -> {self._paint('gone', BOLD)} (404): {seconds:.2f} s after the request")

    def failed(self, text: str) -> None:
        """Why the story ended."""
        self._line(f"\n{self._paint(text, RED, BOLD)}")

    def summary(
        self, timeline: Timeline, looks: int, known: int, steps: int, seconds: float
    ) -> None:
        """What was seen."""
        now = timeline.spans[-1].end or 0.0
        billed, unbilled = (timeline.seconds(now, billable=flag) for flag in (True, False))
        self._line(
            f"\n{self._paint('The story went through', BOLD, GREEN)}: {steps} steps in "
            f"{seconds:.1f} s, every one through the gateway.\n"
            f"Billed for {billed:.1f} s, not billed for {unbilled:.1f} s.\n"
            f"{len(timeline.seen())} of {known} documented states seen in {looks} looks, "
            f"one every {(billed + unbilled) / looks:.2f} s; a shorter state passes unseen."
        )
        if self._live:
            cells = (
                self._paint("█", GREEN) if cell else self._paint("░", DIM)
                for cell in timeline.bar(BAR_WIDTH, now)
            )
            self._line(f"{''.join(cells)}  {self._paint('█', GREEN)} billed")

    def bill(self, periods: Sequence[Mapping[str, Any]], picture: str) -> None:
        """What the machine was billed for, by the gateway's history of it."""
        seconds: dict[str, int] = {}
        for period in reversed(periods):
            if period["billable"]:
                state = period["state"]
                seconds[state] = seconds.get(state, 0) + period["seconds"]
        unknown = sum(period["seconds"] for period in periods if period["billable"] is None)
        states = ", ".join(f"{state} {number} s" for state, number in seconds.items())
        self._line(
            f"The bill, from its history: {sum(seconds.values())} s billed ({states}), "
            f"{unknown} s unknown. Its picture: {picture}"
        )

    # ------------------------------------------------------------ lines
    def _request(self, number: int, name: str, request: str, status: str, took: str) -> str:
        title = self._paint(f"{name:<13}", BOLD)
        return f"{number:>3} {title} {request:<41} {status:>6} {took:>8}"

    def _state(self, span: Span, lasted: str, mark: str) -> str:
        if self._live:
            dot = self._paint("●", GREEN) if span.billable else self._paint("○", YELLOW)
        else:
            dot = "*" if span.billable else "-"
        state = self._paint(f"{span.state:<{STATE_WIDTH}}", BOLD if span.billable else YELLOW)
        billed = "billed" if span.billable else "not billed"
        billed = self._paint(f"{billed:<10}", GREEN if span.billable else DIM)
        meaning = self._meanings.get(span.state, "")
        if self._live:
            used = 4 + 2 + STATE_WIDTH + 1 + 10 + 1 + 9 + 3
            meaning = self._cut(f"{mark} {meaning}" if mark else meaning, used)
            meaning = self._paint(meaning, DIM)
        return f"    {dot} {state} {billed} {lasted:>9}   {meaning}".rstrip()

    def _cut(self, text: str, used: int) -> str:
        room = max(0, shutil.get_terminal_size().columns - used - 1)
        return text if len(text) <= room else text[: max(0, room - 1)] + "…"

    def _paint(self, text: str, *codes: str) -> str:
        return f"\x1b[{';'.join(codes)}m{text}\x1b[0m" if self._live and text else text

    def _line(self, text: str) -> None:
        if self._pending:
            self._stream.write("\r\x1b[K")
            self._pending = False
        self._stream.write(f"{text}\n")
        self._stream.flush()

    def _rewrite(self, text: str) -> None:
        if not self._live:
            return
        self._stream.write(f"\r\x1b[K{text}")
        self._stream.flush()
        self._pending = True
