# SPDX-License-Identifier: Apache-2.0
"""What the person reads, on a terminal and elsewhere."""

import io

import pytest
from demo.screen import Screen, is_live
from demo.timeline import Span, Timeline


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "environ", "live"),
    [
        (Terminal(), {"TERM": "xterm"}, True),
        (Terminal(), {"TERM": "xterm", "NO_COLOR": ""}, True),
        (Terminal(), {"TERM": "xterm", "NO_COLOR": "1"}, False),
        (Terminal(), {"TERM": "dumb"}, False),
        (Terminal(), {}, False),
        (io.StringIO(), {"TERM": "xterm"}, False),
    ],
)
def test_only_a_capable_terminal_is_written_to_live(
    stream: io.StringIO, environ: dict[str, str], live: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file, NO_COLOR and a dumb terminal get plain lines."""
    monkeypatch.setenv("COLUMNS", "80")
    assert is_live(stream, environ) is live


def test_a_terminal_that_is_too_narrow_gets_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its lines would wrap."""
    monkeypatch.setenv("COLUMNS", "79")
    assert not is_live(Terminal(), {"TERM": "xterm"})


def shown(live: bool) -> str:
    """A short story on a screen, as text."""
    stream = io.StringIO()
    screen = Screen(stream, live=live)
    screen.know({"Active": "It runs."})
    screen.asking(7, "stop", "POST /x")
    screen.answered(7, "stop", "POST /x", 202, 0.1234, "")
    span = Span("Active", True, 0.0)
    screen.lasting(span, 0.5)
    span.end = 1.5
    screen.passed(span)
    screen.reached(Span("Shelved_offloaded", False, 1.5), 1.6)
    return stream.getvalue()


def test_plain_lines_are_plain_and_one_for_each_thing() -> None:
    """Plain ASCII, no escape codes, nothing rewritten, nothing said twice."""
    request, state, reached = shown(live=False).splitlines()
    assert request.split() == ["7", "stop", "POST", "/x", "202", "0.12", "s"]
    assert state.split() == ["*", "Active", "billed", "1.50", "s", "It", "runs."]
    assert reached.strip() == "-> Shelved_offloaded, not billed: 1.60 s after the request"
    assert shown(live=False).isascii()


def test_a_terminal_shows_the_state_while_it_lasts_and_then_replaces_it() -> None:
    """The running row is wiped before the complete one is printed in its place."""
    text = shown(live=True)
    assert text.count("\r\x1b[K") == 4  # asked, wiped, lasting, wiped
    assert text.index("0.50 s") < text.rindex("\r\x1b[K") < text.index("1.50 s")
    assert "\x1b[32m●" in text


def test_a_meaning_never_makes_a_terminal_line_wrap(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrapped line could not be rewritten."""
    monkeypatch.setenv("COLUMNS", "80")
    stream = io.StringIO()
    screen = Screen(stream, live=True)
    screen.know({"Active": "It runs. " * 20})
    screen.lasting(Span("Active", True, 0.0), 1.0)
    text = stream.getvalue().replace("\r\x1b[K", "")
    for code in ("0", "1", "2", "32"):
        text = text.replace(f"\x1b[{code}m", "")
    assert len(text) < 80
    assert text.endswith("…")


def test_the_summary_counts_states_and_time() -> None:
    """Numbers only of what was seen."""
    timeline = Timeline()
    timeline.see("Active", True, 0)
    timeline.see("Deleting", False, 3)
    timeline.close(4)
    stream = io.StringIO()
    Screen(stream, live=False).summary(timeline, looks=8, known=26, steps=13, seconds=5.0)
    assert "13 steps in 5.0 s" in stream.getvalue()
    assert "Billed for 3.0 s, not billed for 1.0 s." in stream.getvalue()
    assert "2 of 26 documented states seen in 8 looks, one every 0.50 s" in stream.getvalue()
