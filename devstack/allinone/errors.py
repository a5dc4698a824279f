# SPDX-License-Identifier: Apache-2.0
"""The errors this program shows to its user: one sentence, and the log that explains it."""

from pathlib import Path

TAIL_LINES = 20


def tail(log: Path, lines: int = TAIL_LINES) -> str:
    """The last lines of a log file, or a note that there is none."""
    try:
        with log.open("rb") as stream:
            stream.seek(0, 2)
            stream.seek(max(0, stream.tell() - 64 * 1024))
            text = stream.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return "(there is no log)"
    return "\n".join(text.splitlines()[-lines:])


class StandaloneError(Exception):
    """Something the user has to know, said in a sentence."""


class ServiceError(StandaloneError):
    """A service or an installation step failed; carries the end of its log."""

    def __init__(self, service: str, problem: str, log: Path) -> None:
        """Say what is wrong with which service."""
        super().__init__(f"{service} {problem}. The end of {log}:\n\n{tail(log)}")
        self.service = service


class InterruptedByUserError(StandaloneError):
    """The user asked to stop (Ctrl-C or SIGTERM)."""

    def __init__(self) -> None:
        """Say how to go on."""
        super().__init__("interrupted; `up` continues where it stopped, `down` stops what runs")
