# SPDX-License-Identifier: Apache-2.0
"""What a person sees while something takes long: lines with the elapsed time."""

import sys
import threading
import time

QUIET_SECONDS = 20.0


class Progress:
    """Prints finished steps as lines and, on a terminal, the running ones below them."""

    def __init__(self) -> None:
        """Begin to count the time."""
        self._begin = time.monotonic()
        self._last = self._begin
        self._lock = threading.Lock()
        self._terminal = sys.stdout.isatty()
        self._shown = False

    @property
    def elapsed(self) -> float:
        """Seconds since the command began."""
        return time.monotonic() - self._begin

    def say(self, text: str) -> None:
        """Print one line with the elapsed time."""
        with self._lock:
            self._clear()
            print(f"[{self.elapsed:5.1f}s] {text}", flush=True)
            self._last = time.monotonic()

    def running(self, names: list[str]) -> None:
        """Show what is under way: live on a terminal, else a line when it was quiet for long."""
        if not names:
            return
        text = f"[{self.elapsed:5.1f}s] ... {', '.join(names)}"
        with self._lock:
            if self._terminal:
                self._clear()
                print(text[:100], end="\r", flush=True)
                self._shown = True
            elif time.monotonic() - self._last >= QUIET_SECONDS:
                print(text, flush=True)
                self._last = time.monotonic()

    def _clear(self) -> None:
        if self._shown:
            print("\r\x1b[K", end="")
            self._shown = False
