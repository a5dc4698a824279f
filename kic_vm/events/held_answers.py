# SPDX-License-Identifier: Apache-2.0
"""The interface of the application and the server for answers that are not ready yet.

A server that can hold answers sets ``environ[SERVER_KEY]``. The application then may start a
response and put a HeldAnswer in ``environ[ANSWER_KEY]`` instead of returning the body. The server
keeps the connection, without a thread, until the held answer has news or is due.
"""

from collections.abc import Callable
from typing import Final, Protocol

SERVER_KEY: Final = "kic_vm.holds_answers"
ANSWER_KEY: Final = "kic_vm.held_answer"


class HeldAnswer(Protocol):
    """An answer whose body is not ready yet. One thread at a time uses it, except ``close``."""

    is_stream: bool
    """The body is sent in parts, and ends when the connection is closed."""

    @property
    def due(self) -> float:
        """The monotonic time at which the next part must be sent, even without news."""

    def call_on_news(self, wake: Callable[[], None]) -> None:
        """Call a function in any thread when there is news. ``has_news`` reports earlier news."""

    def has_news(self) -> bool:
        """Whether the next part has content for the client."""

    def next_part(self) -> tuple[bytes, bool]:
        """The next part of the body, and whether it is the last one."""

    def close(self) -> None:
        """End it: the client has its answer, or has disconnected."""
