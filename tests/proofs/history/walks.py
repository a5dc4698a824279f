# SPDX-License-Identifier: Apache-2.0
"""Random walks: instances get one random command after the other, directly from Nova."""

import collections
import concurrent.futures
import dataclasses
import operator
import random
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import openstack
from keystoneauth1 import exceptions as ksa_exceptions

from bench import project as bench_project
from tests.proofs.history.comparison import Reason

JSON = dict[str, Any]

IMPOSSIBLE_FLAVOR: Final = "m2a.impossible"
SMALL_FLAVORS: Final = ("t1i.micro", "t1i.small")
DISK_FLAVOR: Final = "proof.disk"
RESET: Final = "reset by the operator"

_SMALL, _SMALLER, _IMPOSSIBLE = (*SMALL_FLAVORS, IMPOSSIBLE_FLAVOR)
_POLL_SECONDS: Final = 2.0
_PAUSES: Final = (0.5, 1.5)  # of the mean pause
_STUCK_SECONDS: Final = 90.0
_THREADS: Final = 10
_MICROVERSION: Final = "2.67"
_IMAGE_ROOT_EVERY: Final = 4
_FAILING_CREATES: Final = 0.15

# Nova's status -> command -> weight.
COMMANDS: Final[dict[str, dict[str, int]]] = {
    "ACTIVE": {
        "stop": 6,
        "soft reboot": 3,
        "hard reboot": 3,
        "shelve": 4,
        "resize": 5,
        "failing resize": 2,
        "rebuild": 3,
        "reset to error": 1,
        "delete": 2,
    },
    "SHUTOFF": {
        "start": 6,
        "hard reboot": 2,
        "shelve": 2,
        "resize": 3,
        "failing resize": 1,
        "rebuild": 1,
        "delete": 1,
    },
    "SHELVED_OFFLOADED": {"unshelve": 6, "delete": 1},
    "VERIFY_RESIZE": {"confirm resize": 3, "revert resize": 3, "delete": 1},
    "ERROR": {"hard reboot": 4, "rebuild": 1, "delete": 2},
}
_BODIES: Final[dict[str, JSON]] = {
    "stop": {"os-stop": None},
    "start": {"os-start": None},
    "soft reboot": {"reboot": {"type": "SOFT"}},
    "hard reboot": {"reboot": {"type": "HARD"}},
    "shelve": {"shelve": None},
    "unshelve": {"unshelve": None},
    "confirm resize": {"confirmResize": None},
    "revert resize": {"revertResize": None},
}
_RESET_BODY: Final = {"os-resetState": {"state": "error"}}


@dataclasses.dataclass(slots=True)
class Walk:
    """The walk of one instance. After its deletion, another instance takes its place."""

    number: int
    chance: random.Random
    server_id: str | None = None
    next_at: float = 0.0
    is_busy: bool = False
    idle_at: float = 0.0
    """When the instance was last ready for a command."""

    @property
    def has_image_root(self) -> bool:
        """Whether the root disk is on the host of the instance."""
        return self.number % _IMAGE_ROOT_EVERY == _IMAGE_ROOT_EVERY - 1


class Walks:
    """So many walks at the same time.

    :param seed: the same seed makes the same choices, as far as the cloud answers the same
    :param pause: the mean number of seconds between two commands on an instance
    """

    def __init__(
        self,
        project: bench_project.Project,
        count: int,
        seed: int,
        pause: float,
        reason: Reason,
        say: Callable[[str], None],
    ) -> None:
        self._project = project
        self._operator = project.operator
        self._pause = pause
        self._reason = reason
        self._say = say
        self._flavors = {
            flavor.name: flavor.id for flavor in project.operator.compute.flavors(is_public=None)
        }
        self._walks = [
            Walk(number, random.Random(f"{seed}/{number}"))  # noqa: S311 - repeatable, not secret
            for number in range(count)
        ]
        self.commands: collections.Counter[str] = collections.Counter()
        """The accepted commands."""
        self.refused: collections.Counter[str] = collections.Counter()
        self.server_ids: list[str] = []
        """All instances of all walks."""

    def run(
        self, seconds: float, at_times: Sequence[tuple[float, Callable[[], None]]] = ()
    ) -> None:
        """Walk for some seconds.

        :param at_times: what to do at which second of the run
        """
        started = time.monotonic()
        for walk in self._walks:
            walk.next_at = max(walk.next_at, started + walk.chance.uniform(0, self._pause))
        due = sorted(at_times, key=operator.itemgetter(0))
        with concurrent.futures.ThreadPoolExecutor(_THREADS) as pool:
            while (now := time.monotonic()) < started + seconds:
                while due and now - started >= due[0][0]:
                    due.pop(0)[1]()
                servers = self._list()
                for walk in self._walks:
                    if servers is not None and not walk.is_busy and walk.next_at <= now:
                        self._choose(pool, walk, servers, now)
                time.sleep(_POLL_SECONDS)

    def settle(self, seconds: float) -> None:
        """Wait until no instance has a task, and have the operator reset those that keep one."""
        end = time.monotonic() + seconds
        while (servers := self._list()) is None or any(map(_task_of, servers.values())):
            if time.monotonic() > end:
                for server in (servers or {}).values():
                    if _task_of(server):
                        self._reset(server["id"])
                return
            time.sleep(_POLL_SECONDS)

    def reset_one(self) -> None:
        """Have the operator reset one active instance to Error."""
        for server in (self._list() or {}).values():
            if server["status"] == "ACTIVE" and not _task_of(server):
                self._reset(server["id"])
                return

    def remove(self, seconds: float) -> None:
        """Delete all instances, and wait until they are gone."""
        end = time.monotonic() + seconds
        while (servers := self._list()) != {}:
            for server_id, server in (servers or {}).items():
                if _task_of(server) != "deleting":
                    self._project.cloud.compute.delete(f"/servers/{server_id}")
            if time.monotonic() > end:
                return
            time.sleep(_POLL_SECONDS)

    def _list(self) -> dict[str, JSON] | None:
        """The servers that exist; None if Nova does not answer."""
        try:
            response = self._project.cloud.compute.get("/servers/detail", microversion="2.1")
        except (openstack.exceptions.SDKException, ksa_exceptions.ClientException):
            return None
        if response.status_code != 200:
            return None
        return {server["id"]: server for server in response.json()["servers"]}

    def _choose(
        self,
        pool: concurrent.futures.ThreadPoolExecutor,
        walk: Walk,
        servers: dict[str, JSON],
        now: float,
    ) -> None:
        """Start the next command of a walk, if its instance is ready for one."""
        if walk.server_id is None:
            self._submit(pool, walk, self._create, walk)
            return
        server = servers.get(walk.server_id)
        if server is None:
            walk.server_id = None
            return
        if _task_of(server) or server["status"] not in COMMANDS:
            if now - walk.idle_at > _STUCK_SECONDS:
                walk.idle_at = now
                self._submit(pool, walk, self._reset, walk.server_id)
            return
        walk.idle_at = now
        weights = COMMANDS[server["status"]]
        (command,) = walk.chance.choices(list(weights), list(weights.values()))
        self._submit(pool, walk, self._command, walk, command, server)

    def _submit(
        self,
        pool: concurrent.futures.ThreadPoolExecutor,
        walk: Walk,
        call: Callable[..., None],
        *arguments: Any,
    ) -> None:
        walk.is_busy = True

        def run() -> None:
            try:
                call(*arguments)
            except (openstack.exceptions.SDKException, ksa_exceptions.ClientException) as error:
                self.refused[type(error).__name__] += 1
            finally:
                walk.next_at = time.monotonic() + self._pause * walk.chance.uniform(*_PAUSES)
                walk.is_busy = False

        pool.submit(run)

    def _create(self, walk: Walk) -> None:
        name = f"walk-{walk.number}"
        body = bench_project.server_body(self._project, name)
        is_failing = walk.chance.random() < _FAILING_CREATES
        if walk.has_image_root:
            del body["block_device_mapping_v2"]
            body |= {"imageRef": self._project.image_id, "flavorRef": self._flavors[DISK_FLAVOR]}
        if is_failing:
            body = bench_project.server_body(self._project, name)
            body["flavorRef"] = self._flavors[_IMPOSSIBLE]
        response = self._project.cloud.compute.post(
            "/servers", json={"server": body}, microversion=_MICROVERSION
        )
        if self._is_accepted(response, "failing create" if is_failing else "create"):
            walk.server_id = response.json()["server"]["id"]
            walk.idle_at = time.monotonic()
            self.server_ids.append(walk.server_id)

    def _command(self, walk: Walk, command: str, server: JSON) -> None:
        server_id = server["id"]
        if command == "delete":
            response = self._project.cloud.compute.delete(f"/servers/{server_id}")
            self._is_accepted(response, command)
            return
        if command == "reset to error":
            self._reset(server_id)
            return
        body = self._body(walk, command, server)
        if body is not None:
            self._is_accepted(self._act(self._project.cloud, server_id, body), command)

    def _body(self, walk: Walk, command: str, server: JSON) -> JSON | None:
        if command == "rebuild":
            return {"rebuild": {"imageRef": self._project.image_id}}
        if "resize" not in command or command in _BODIES:
            return _BODIES[command]
        if walk.has_image_root:
            return None
        is_small = server["flavor"]["id"] == self._flavors[_SMALL]
        name = _SMALLER if is_small else _SMALL
        flavor = _IMPOSSIBLE if command == "failing resize" else name
        return {"resize": {"flavorRef": self._flavors[flavor]}}

    def _reset(self, server_id: str) -> None:
        self._reason.add_event(server_id, time.time(), RESET)
        self._is_accepted(self._act(self._operator, server_id, _RESET_BODY), "reset to error")

    @staticmethod
    def _act(cloud: openstack.connection.Connection, server_id: str, body: JSON) -> Any:
        path = f"/servers/{server_id}/action"
        # A rebuild from the image that the volume already has needs 2.93.
        microversion = "2.93" if "rebuild" in body else _MICROVERSION
        return cloud.compute.post(path, json=body, microversion=microversion)

    def _is_accepted(self, response: Any, command: str) -> bool:
        if response.status_code < 300:
            self.commands[command] += 1
            return True
        self.refused[f"{command}: {response.status_code}"] += 1
        return False


def _task_of(server: JSON) -> str | None:
    task: str | None = server["OS-EXT-STS:task_state"]
    return task
