"""What instances are told to do, and the states that the gateway showed meanwhile."""

import time
from dataclasses import dataclass
from typing import Any

from demo.errors import DemoError
from demo.place import Place
from demo.wire import Gateway

LIMIT_SECONDS = 240.0
ATTEMPTS = 5
SHORTEST = "Reboot_started"  # even in slow motion not every soft reboot shows it
REBOOTS = 12
SMALL, LARGER, IMAGE = "t1i.micro", "t1i.small", "ubuntu-24.04"
NO_HOST_FLAVOR = "m2a.impossible"
GONE = "gone"
# command, flavor for a resize, the state in which it has come about
LIFE = (
    ("hard-reboot", None, "Active"),
    ("shelve", None, "Shelved_offloaded"),
    ("start", None, "Active"),
    ("resize", LARGER, "Resized"),
    ("confirm-resize", None, "Active"),
    ("resize", SMALL, "Resized"),
    ("revert-resize", None, "Active"),
    ("stop", None, "Stopped"),
    ("resize", SMALL, "Stopped"),
    ("start", None, "Active"),
)


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


class Recorder:
    """Gives commands through the gateway and notes what it shows."""

    def __init__(self, place: Place, gateway: Gateway) -> None:
        self._gateway = gateway
        self._subnet = place.read("endpoints.json", "subnet_id")["subnet_id"]
        credential = place.read("app-credential.json", "id", "secret")
        identity = {"methods": ["application_credential"], "application_credential": credential}
        answer = gateway.call("POST", "/identity/v3/auth/tokens", {"auth": {"identity": identity}})
        gateway.token = answer.expect(201).headers["X-Subject-Token"]
        flavors = self._list("flavors")
        self._flavors = {flavor["name"]: flavor["id"] for flavor in flavors}
        (self._image,) = [one["id"] for one in self._list("images") if one["name"] == IMAGE]
        self.chapters: list[Chapter] = []

    def documented(self) -> dict[str, bool]:
        """The documented states of instances, in their order, and whether each is billed."""
        states = self._gateway.call("GET", "/api/v1/lifecycle").expect(200).body["instance_states"]
        return {one["state"]: one["billable"] for one in states}

    def record(self) -> None:
        """A whole life, and a creation that fails."""
        instance_id = self._begin(SMALL, "Active")
        try:
            path = f"/api/v1/instances/{instance_id}"
            for _reboot in range(REBOOTS):
                self._do("soft-reboot", "POST", f"{path}/soft-reboot", path, None, "Active")
                if any(sight.state == SHORTEST for sight in self.chapters[-1].sights):
                    break
            for command, flavor, end in LIFE:
                body = {"flavor": {"id": self._flavors[flavor]}} if flavor else None
                self._do(command, "POST", f"{path}/{command}", path, body, end)
        finally:
            self._remove(instance_id)
        self._remove(self._begin(NO_HOST_FLAVOR, "Error"))

    def _begin(self, flavor: str, end: str) -> str:
        """An instance that has got so far; one that Cinder's known race has spoilt is replaced."""
        for _attempt in range(ATTEMPTS):
            body = {
                "name": "record-states",
                "image_id": self._image,
                "flavor_id": self._flavors[flavor],
                "subnets": [{"id": self._subnet}],
                "volumes": [{"size": 10}],
                "security_groups": None,
            }
            begin = time.monotonic()
            made = self._gateway.call("POST", "/api/v1/instances", {"instance": body})
            instance_id: str = made.expect(202).body["instance"]["id"]
            chapter = self._watch("create", f"/api/v1/instances/{instance_id}", begin, end, "Error")
            if chapter.sights[-1].state == end:
                self.chapters.append(chapter)
                return instance_id
            self._remove(instance_id)
        raise DemoError(f"no instance became {end} in {ATTEMPTS} attempts")

    def _remove(self, instance_id: str) -> None:
        path = f"/api/v1/instances/{instance_id}"
        self._do("delete", "DELETE", path, path, None, GONE)

    def _do(  # a request, where to look meanwhile, and until when
        self, command: str, method: str, path: str, look_at: str, body: Any, end: str
    ) -> None:
        begin = time.monotonic()
        self._gateway.call(method, path, body).expect(202, 204)
        self.chapters.append(self._watch(command, look_at, begin, end))

    def _watch(self, command: str, path: str, begin: float, *ends: str) -> Chapter:
        sights: list[Sight] = []
        left = False  # the state that the command began in may show itself for a moment
        while True:
            answer = self._gateway.call("GET", path).expect(200, 404)
            now = time.monotonic() - begin
            if answer.status == 404:
                if GONE in ends:
                    return Chapter(command, tuple(sights))
                raise DemoError(f"after {command} the instance is gone")
            shown = answer.body["instance"]["lifecycle"]
            if not sights or sights[-1].state != shown["state"]:
                left = left or bool(sights)
                sights.append(Sight(now, shown["state"], shown["billable"]))
            if shown["state"] in ends and (left or now > 1):
                return Chapter(command, tuple(sights))
            if now > LIMIT_SECONDS:
                raise DemoError(f"after {command} the instance stays {shown['state']}")

    def _list(self, kind: str) -> list[dict[str, Any]]:
        found = self._gateway.call("GET", f"/api/v1/{kind}?limit=1000").expect(200)
        listed: list[dict[str, Any]] = found.body[kind]
        return listed
