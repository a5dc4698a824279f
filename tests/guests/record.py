# SPDX-License-Identifier: Apache-2.0
"""The documented states that pass, each with its time, by looking again and again."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.functional.client import Client

# Every question costs the processor time that an emulated guest needs. A state that has lasted a
# while is therefore asked for less often; its time stays exact to a twentieth.
SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
PAUSE_PER_SECOND = 1 / 20


@dataclass
class Span:
    """A time in which every answer showed the same state."""

    resource: str
    state: str
    begin: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return self.end - self.begin


@dataclass
class Step:
    """A part of the story, how long it took, and the states that passed meanwhile."""

    name: str
    seconds: float = 0
    spans: list[Span] = field(default_factory=list)

    def states(self, resource: str) -> list[str]:
        """The states of one resource in their order."""
        return [span.state for span in self.spans if span.resource == resource]


class Record:
    """The story's steps."""

    def __init__(self, client: Client) -> None:
        self._url, self._token = client.url, client.token
        self.steps: list[Step] = []

    @contextmanager
    def step(self, name: str, **resources: str) -> Iterator[Step]:
        """Record a step.

        :param resources: what to watch: the paths of instances and volumes, by a short name
        """
        step = Step(name)
        self.steps.append(step)
        over = threading.Event()
        watchers = [
            threading.Thread(target=self._watch, args=(step, resource, path, over))
            for resource, path in resources.items()
        ]
        begin = time.monotonic()
        for watcher in watchers:
            watcher.start()
        try:
            yield step
        finally:
            step.seconds = time.monotonic() - begin
            over.set()
            for watcher in watchers:
                watcher.join()

    def _watch(self, step: Step, resource: str, path: str, over: threading.Event) -> None:
        client = Client(self._url, self._token)
        span: Span | None = None
        while not over.is_set():
            response = client.request("GET", path)
            now = time.monotonic()
            if response.status_code == 404:
                break
            if response.status_code == 200:
                (body,) = response.json().values()
                state = body["lifecycle"]["state"]
                if span is None or span.state != state:
                    span = Span(resource, state, now, now)
                    step.spans.append(span)
                span.end = now
            lasted = span.seconds if span else 0
            over.wait(min(max(SHORTEST_PAUSE, lasted * PAUSE_PER_SECOND), LONGEST_PAUSE))

    def text(self) -> str:
        """All of it, as a table."""
        lines = []
        for step in self.steps:
            lines.append(f"{step.seconds:7.1f} s  {step.name}")
            lines += [
                f"               {span.seconds:7.1f} s  {span.resource}: {span.state}"
                for span in step.spans
            ]
        return "\n".join(lines)
