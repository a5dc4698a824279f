# SPDX-License-Identifier: Apache-2.0
"""Commands through the gateway, and the states that it shows meanwhile."""

import time
from dataclasses import dataclass
from typing import Any

from demo.errors import DemoError
from demo.place import Place
from demo.wire import Gateway

LIMIT_SECONDS = 240.0
GONE = "gone"


@dataclass(frozen=True)
class Sight:
    """A state as it was first shown after a command."""

    seconds: float
    """Since the command."""
    state: str
    billable: bool


@dataclass(frozen=True)
class Chapter:
    """A command and what was seen until it had come about."""

    command: str
    sights: tuple[Sight, ...]


class Watch:
    """A member before the gateway, who looks at one resource while something is done.

    :param kind: ``instance`` or ``volume``
    """

    def __init__(self, place: Place, gateway: Gateway, kind: str) -> None:
        self.gateway = gateway
        self.subnet: str = place.read("endpoints.json", "subnet_id")["subnet_id"]
        self.chapters: list[Chapter] = []
        self._kind = kind
        credential = place.read("app-credential.json", "id", "secret")
        identity = {"methods": ["application_credential"], "application_credential": credential}
        answer = gateway.call("POST", "/identity/v3/auth/tokens", {"auth": {"identity": identity}})
        gateway.token = answer.expect(201).headers["X-Subject-Token"]

    def documented(self) -> dict[str, bool]:
        """The documented states in their order, and whether each is billed."""
        tables = self.gateway.call("GET", "/api/v1/lifecycle").expect(200).body
        return {one["state"]: one["billable"] for one in tables[f"{self._kind}_states"]}

    def do(  # a request, where to look meanwhile, and until when
        self, command: str, method: str, path: str, look_at: str, body: Any, end: str
    ) -> None:
        """Give a command and note what is seen until it has come about."""
        begin = time.monotonic()
        self.gateway.call(method, path, body).expect(200, 202, 204)
        self.chapters.append(self.see(command, look_at, begin, end))

    def see(self, command: str, path: str, begin: float, *ends: str) -> Chapter:
        """What is shown from ``begin`` until one of the ``ends``."""
        sights: list[Sight] = []
        left = False  # the state that the command began in may show itself for a moment
        while True:
            answer = self.gateway.call("GET", path).expect(200, 404)
            now = time.monotonic() - begin
            if answer.status == 404:
                if GONE in ends:
                    return Chapter(command, tuple(sights))
                raise DemoError(f"after {command} the {self._kind} is gone")
            shown = answer.body[self._kind]["lifecycle"]
            if not sights or sights[-1].state != shown["state"]:
                left = left or bool(sights)
                sights.append(Sight(now, shown["state"], shown["billable"]))
            if shown["state"] in ends and (left or now > 1):
                return Chapter(command, tuple(sights))
            if now > LIMIT_SECONDS:
                raise DemoError(f"after {command} the {self._kind} stays {shown['state']}")

    def ids(self, kind: str) -> dict[str, str]:
        """Ids by names: of ``flavors`` or ``images``."""
        found = self.gateway.call("GET", f"/api/v1/{kind}?limit=1000").expect(200)
        return {one["name"]: one["id"] for one in found.body[kind]}

    def wait_until_gone(self, path: str) -> None:
        """Return when something is not there any more."""
        begin = time.monotonic()
        while self.gateway.call("GET", path).expect(200, 404).status != 404:
            if time.monotonic() - begin > LIMIT_SECONDS:
                raise DemoError(f"{path} does not go")
