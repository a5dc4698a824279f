# SPDX-License-Identifier: Apache-2.0
"""What ends the demo early: a sentence for the person in front of it."""

from pathlib import Path


class DemoError(Exception):
    """Something the user has to know, said in a sentence."""


class StopRequested(KeyboardInterrupt):
    """SIGTERM or SIGHUP: like Ctrl-C, but it came to this process alone."""


class NoAnswer(DemoError):
    """The gateway cannot be reached."""


class Refused(DemoError):
    """The gateway answered a request with an error."""

    def __init__(self, request: str, status: int, code: str, message: str, request_id: str) -> None:
        super().__init__(f"{request} was answered {status} {code}: {message}")
        self.status = status
        self.request_id = request_id


def tail(log: Path, lines: int = 15) -> str:
    """The end of a log file."""
    try:
        text = log.read_text(errors="replace")
    except FileNotFoundError:
        return "(there is no log)"
    return "\n".join(text.splitlines()[-lines:])
