# SPDX-License-Identifier: Apache-2.0
"""Rules: which requests meet which fault. They are set and removed while the proxy runs."""

import contextlib
import dataclasses
import random
import re
import threading
from collections.abc import Iterator
from typing import Any, Final

WRITES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
READS: Final = frozenset({"GET", "HEAD"})
# A login at Keystone is a POST, and changes nothing.
LOGIN: Final = re.compile(r"/auth/tokens$")


@dataclasses.dataclass(eq=False)
class Rule:
    """The requests that match meet the fault.

    :param kind: one of ``kinds.KINDS``
    :param services: their types in the catalog; None for all
    :param methods: HTTP methods; None for all
    :param path: a regular expression that has to be found in path and query
    :param is_login_spared: requests for tokens are passed on
    :param skip: how many matching requests are passed on first
    :param count: how many meet the fault then; None for all
    :param probability: of each of them, drawn from ``seed``
    :param parameters: of the kind, such as ``seconds`` or ``status``
    """

    kind: str
    services: frozenset[str] | None = None
    methods: frozenset[str] | None = None
    path: str = ""
    is_login_spared: bool = False
    skip: int = 0
    count: int | None = None
    probability: float = 1.0
    seed: int = 0
    parameters: dict[str, Any] = dataclasses.field(default_factory=dict)
    met: list[str] = dataclasses.field(default_factory=list, init=False)
    """Method and path of the requests that met the fault."""
    was_done: threading.Event = dataclasses.field(default_factory=threading.Event, init=False)
    """Set when the service has answered a request that meets the fault."""
    is_active: bool = dataclasses.field(default=True, init=False)

    def __post_init__(self) -> None:
        self._pattern = re.compile(self.path)
        self._random = random.Random(self.seed)  # noqa: S311 - repeatable, not secret

    def matches(self, service: str, method: str, target: str) -> bool:
        """Whether the rule is about such a request."""
        return (
            (self.services is None or service in self.services)
            and (self.methods is None or method in self.methods)
            and not (self.is_login_spared and LOGIN.search(target.partition("?")[0]))
            and self._pattern.search(target) is not None
        )

    def take(self, method: str, target: str) -> bool:
        """Whether this matching request meets the fault; it counts."""
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.count is not None and len(self.met) >= self.count:
            return False
        if self._random.random() >= self.probability:
            return False
        self.met.append(f"{method} {target}")
        return True


class Rules:
    """The rules of a proxy, and a record of its requests; safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Rule] = []
        self._recorders: list[list[tuple[str, str, str]]] = []

    def add(self, rule: Rule) -> None:
        """Apply a rule from now on, after those that are there."""
        with self._lock:
            self._rules.append(rule)

    def remove(self, rule: Rule) -> None:
        """Apply a rule no longer; what it holds back is released."""
        with self._lock:
            rule.is_active = False
            self._rules.remove(rule)

    def first_for(self, service: str, method: str, target: str) -> Rule | None:
        """The first rule whose fault this request meets."""
        with self._lock:
            for recorder in self._recorders:
                recorder.append((service, method, target))
            for rule in self._rules:
                if rule.matches(service, method, target) and rule.take(method, target):
                    return rule
        return None

    @contextlib.contextmanager
    def recorded(self) -> Iterator[list[tuple[str, str, str]]]:
        """A list of service, method and target of each request during the block."""
        recorder: list[tuple[str, str, str]] = []
        with self._lock:
            self._recorders.append(recorder)
        try:
            yield recorder
        finally:
            with self._lock:
                self._recorders = [other for other in self._recorders if other is not recorder]
