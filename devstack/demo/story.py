# SPDX-License-Identifier: Apache-2.0
"""The life of one machine, told through the gateway alone."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import signals
from .errors import DemoError, Refused
from .place import Place
from .screen import Screen
from .watch import ACTIVE, SHELVED, STOPPED, Watch
from .wire import Answer, Gateway

FLAVOR, IMAGE = "m2a.large", "ubuntu-24.04"
SMALLEST_VOLUME = 10
CLEANUP_SECONDS = 60
# after the creation: command, state that it leads to
COMMANDS = (
    ("stop", STOPPED),
    ("start", ACTIVE),
    ("soft-reboot", ACTIVE),
    ("shelve", SHELVED),
    ("unshelve", ACTIVE),
)


@dataclass(frozen=True)
class Choice:
    """What the machine is made of."""

    flavor: dict[str, Any]
    image: dict[str, Any]


class Story:
    """Plays the steps in order; knows what it has made, so that it can take it away."""

    def __init__(self, place: Place, gateway: Gateway, screen: Screen) -> None:
        self._place = place
        self._credential = place.read("app-credential.json", "id", "secret")
        self._subnet: str = place.read("endpoints.json", "subnet_id")["subnet_id"]
        self._gateway = gateway
        self._screen = screen
        self._name = f"demo-{secrets.token_hex(3)}"
        self._number = 0
        self._step = ""
        self._asked = 0.0
        self._known_states = 0
        self._has_keypair = False
        self._watch: Watch | None = None
        self._instance_id = ""
        self._periods: list[dict[str, Any]] = []

    def play(self) -> None:
        """The whole story; raises DemoError where it ends early, when it has cleaned up."""
        begin = time.monotonic()
        self._screen.table_head()
        try:
            watch = self._live()
        except DemoError as error:
            self._say_what_failed(error)
            raise
        finally:
            self._clean_up()
        seconds = time.monotonic() - begin
        self._screen.summary(watch.timeline, watch.looks, self._known_states, self._number, seconds)
        self._screen.bill(self._periods, self._place.shown(self._place.picture))

    def _live(self) -> Watch:
        self._learn_the_states()
        self._get_token()
        self._make_keypair()
        choice = Choice(self._choose_flavor(), self._choose_image())
        watch = self._create(choice)
        path = f"/api/v1/instances/{self._instance_id}"
        for command, state in COMMANDS:
            self._do(command, "POST", f"{path}/{command}", expect=202)
            watch.until(state, self._asked)
        self._do("delete", "DELETE", path, expect=204)
        watch.until_gone(self._asked)
        self._read_history(f"{path}/history")
        self._instance_id = ""
        self._do("keypair gone", "DELETE", f"/api/v1/keypairs/{self._name}", expect=204)
        self._has_keypair = False
        return watch

    # ------------------------------------------------------------ steps
    def _learn_the_states(self) -> None:
        answer = self._ask("lifecycle", "GET", "/api/v1/lifecycle")
        states = answer.expect(200).body["instance_states"]
        self._known_states = len(states)
        self._screen.know({one["state"]: one["meaning"]["en"] for one in states})
        billed = sum(one["billable"] for one in states)
        self._tell(
            answer, f"{len(states)} documented states of an instance, {billed} of them billed"
        )

    def _get_token(self) -> None:
        credential = {"id": self._credential["id"], "secret": self._credential["secret"]}
        identity = {"methods": ["application_credential"], "application_credential": credential}
        body = {"auth": {"identity": identity}}
        answer = self._ask("token", "POST", "/identity/v3/auth/tokens", body).expect(201)
        self._gateway.token = answer.headers["X-Subject-Token"]
        token = answer.body["token"]
        roles = ", ".join(sorted(role["name"] for role in token["roles"]))
        self._tell(
            answer,
            f"{token['user']['name']} in project {token['project']['name']} ({roles}), "
            "from the application credential",
        )

    def _make_keypair(self) -> None:
        body = {"keypair": {"name": self._name}}
        with signals.held():
            answer = self._ask("keypair", "POST", "/api/v1/keypairs", body).expect(200, 201)
            self._has_keypair = True
        keypair = answer.body["keypair"]
        self._tell(answer, f"{keypair['name']}, {keypair['type']}, {keypair['fingerprint']}")

    def _choose_flavor(self) -> dict[str, Any]:
        answer = self._ask("flavor", "GET", "/api/v1/flavors?instance_type=vm&limit=1000")
        flavor = _chosen(answer.expect(200).body["flavors"], FLAVOR, "flavor")
        memory = flavor["memory_mb"] / 1024
        self._tell(answer, f"{flavor['name']}: {flavor['vcpus']} vCPUs, {memory:g} GiB memory")
        return flavor

    def _choose_image(self) -> dict[str, Any]:
        answer = self._ask("image", "GET", "/api/v1/images?limit=1000")
        images = [one for one in answer.expect(200).body["images"] if one["status"] == "active"]
        image = _chosen(images, IMAGE, "image")
        self._tell(answer, f"{image['name']}, from {len(images)} images")
        return image

    def _create(self, choice: Choice) -> Watch:
        size = max(SMALLEST_VOLUME, choice.image["min_disk"] or 0)
        wanted = {
            "name": self._name,
            "description": "made by make demo",
            "flavor_id": choice.flavor["id"],
            "image_id": choice.image["id"],
            "subnets": [{"id": self._subnet}],
            "volumes": [{"size": size, "is_delete_on_termination": True}],
            "key_name": self._name,
        }
        with signals.held():
            answer = self._ask("create", "POST", "/api/v1/instances", {"instance": wanted})
            self._instance_id = answer.expect(202).body["instance"]["id"]
        self._tell(answer, f"{self._name}, root volume {size} GiB, id {self._instance_id}")
        self._watch = Watch(self._gateway, self._screen, self._instance_id)
        self._watch.until(ACTIVE, self._asked)
        return self._watch

    def _read_history(self, path: str) -> None:
        """Read the periods of the deleted machine, and save their picture."""
        answer = self._ask("history", "GET", f"{path}?limit=1000").expect(200)
        self._periods = answer.body["periods"]
        self._tell(answer, f"{len(self._periods)} periods, from OpenStack's own record")
        answer = self._ask("picture", "GET", f"{path}?format=svg").expect(200)
        self._place.picture.write_text(answer.text)
        self._tell(answer, self._place.shown(self._place.picture))

    # ------------------------------------------------------------ requests
    def _do(self, name: str, method: str, path: str, expect: int) -> None:
        answer = self._ask(name, method, path)
        self._tell(answer.expect(expect), "")

    def _ask(self, name: str, method: str, path: str, body: Any = None) -> Answer:
        self._number += 1
        self._step = name
        self._request = f"{method} {self._short(path)}"
        self._screen.asking(self._number, name, self._request)
        self._asked = time.monotonic()
        answer = self._gateway.call(method, path, body)
        self._took = time.monotonic() - self._asked
        return answer

    def _tell(self, answer: Answer, detail: str) -> None:
        self._screen.answered(
            self._number, self._step, self._request, answer.status, self._took, detail
        )

    def _short(self, path: str) -> str:
        path = path.partition("?")[0]
        if self._instance_id:
            path = path.replace(self._instance_id, "{id}")
        return path.replace(self._name, "{name}")

    # ------------------------------------------------------------ when it goes wrong
    def _say_what_failed(self, error: DemoError) -> None:
        self._screen.failed(f"FAILED in step {self._number}, {self._step}: {error}")
        if isinstance(error, Refused) and error.request_id:
            self._screen.note(f"Request id: {error.request_id}")

    def _clean_up(self) -> None:
        """Take away what the story has left, as far as possible; silent when there is nothing."""
        left: list[tuple[str, Callable[[], None]]] = []
        if self._instance_id:
            left.append((f"instance {self._instance_id}", self._remove_instance))
        if self._has_keypair:
            left.append((f"keypair {self._name}", self._remove_keypair))
        for what, remove in left:
            self._screen.note(f"Cleaning up: deleting the {what} ...")
            try:
                remove()
            except DemoError as error:
                self._screen.note(f"The {what} is left: {error}")
            except KeyboardInterrupt:
                self._screen.note(f"Interrupted again. Left: {', '.join(name for name, _ in left)}")
                return

    def _remove_instance(self) -> None:
        asked = time.monotonic()
        path = f"/api/v1/instances/{self._instance_id}"
        self._gateway.call("DELETE", path).expect(204, 404)
        watch = self._watch or Watch(self._gateway, self._screen, self._instance_id)
        watch.until_gone(asked, CLEANUP_SECONDS)

    def _remove_keypair(self) -> None:
        self._gateway.call("DELETE", f"/api/v1/keypairs/{self._name}").expect(204, 404)


def _chosen(candidates: list[dict[str, Any]], name: str, kind: str) -> dict[str, Any]:
    """The one with the name, else the first."""
    if not candidates:
        raise DemoError(f"there is no {kind} to make an instance from")
    return next((one for one in candidates if one["name"] == name), candidates[0])
