# SPDX-License-Identifier: Apache-2.0
"""Asks for one machine again and again and shows every state that the answers name."""

import time
from collections.abc import Callable

from .errors import DemoError
from .screen import Screen
from .timeline import Timeline
from .wire import Answer, Gateway

ACTIVE, STOPPED, SHELVED, ERROR = "Active", "Stopped", "Shelved_offloaded", "Error"
PAUSE = 0.01  # between two looks: the short states last a tenth of a second
LIMIT = 180.0
UPSTREAM_TROUBLE = (502, 503, 504)
PATIENCE = 10.0  # how long OpenStack may be out of reach


class Watch:
    """One machine, and the states it was seen in."""

    def __init__(
        self,
        gateway: Gateway,
        screen: Screen,
        instance_id: str,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.timeline = Timeline()
        self.looks = 0
        self._gateway = gateway
        self._screen = screen
        self._path = f"/api/v1/instances/{instance_id}"
        self._clock = clock
        self._sleep = sleep

    def until(self, state: str, since: float, limit: float = LIMIT) -> Answer:
        """Watch until the machine is in a state.

        :param since: when the request was sent that leads there
        :returns: the answer that showed it
        """
        while True:
            answer = self._ask(since, limit).expect(200)
            self._see(answer)
            current = self.timeline.current
            if current and current.state == state:
                self._screen.reached(current, self._clock() - since)
                return answer
            if current and current.state == ERROR:
                raise DemoError(
                    f"the instance went into the state {ERROR} instead of {state}.{_hint(state)}"
                )
            self._in_time(state, since, limit)

    def until_gone(self, since: float, limit: float = LIMIT) -> None:
        """Watch until there is no such machine any more."""
        while True:
            answer = self._ask(since, limit).expect(200, 404)
            if answer.status == 404:
                now = self._clock()
                if ended := self.timeline.close(now):
                    self._screen.passed(ended)
                self._screen.gone(now - since)
                return
            self._see(answer)
            self._in_time("gone", since, limit)

    def _ask(self, since: float, limit: float) -> Answer:
        """The next answer about the machine itself; waits a little for an OpenStack in trouble."""
        trouble_since: float | None = None
        while True:
            self._sleep(PAUSE)
            answer = self._gateway.call("GET", self._path)
            self.looks += 1
            if answer.status not in UPSTREAM_TROUBLE:
                return answer
            now = self._clock()
            if trouble_since is None:
                trouble_since = now
                message = (answer.body or {}).get("error", {}).get("message", "")
                self._screen.note(f"    ! {answer.status} {message} (asking again)")
            if now - trouble_since > PATIENCE or now - since > limit:
                return answer

    def _see(self, answer: Answer) -> None:
        now = self._clock()
        lifecycle = answer.body["instance"]["lifecycle"]
        if ended := self.timeline.see(lifecycle["state"], lifecycle["billable"], now):
            self._screen.passed(ended)
        if current := self.timeline.current:
            self._screen.lasting(current, now)

    def _in_time(self, wanted: str, since: float, limit: float) -> None:
        if self._clock() - since > limit:
            current = self.timeline.current
            shown = current.state if current else "unknown"
            raise DemoError(
                f"the instance was to be {wanted}; after {limit:.0f} s it is still {shown}."
            )


def _hint(state: str) -> str:
    if state != ACTIVE:
        return ""
    return (
        "\nCinder has a known race that does this to about one of sixty volumes on a busy machine;"
        "\n`devstack/standalone logs nova-compute-1` (or -2) tells. Try `make demo` once more."
    )
