# SPDX-License-Identifier: Apache-2.0
"""What instances are told to do."""

import time

from demo.errors import DemoError
from demo.place import Place
from demo.wire import Gateway

from .watch import GONE, Watch

ATTEMPTS = 5
SHORTEST = "Reboot_started"  # even in slow motion not every soft reboot shows it
REBOOTS = 12
SMALL, LARGER, IMAGE = "t1i.micro", "t1i.small", "ubuntu-24.04"
NO_HOST_FLAVOR = "m2a.impossible"
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


class InstanceRecorder(Watch):
    """Gives commands to instances and notes what the gateway shows."""

    def __init__(self, place: Place, gateway: Gateway) -> None:
        super().__init__(place, gateway, "instance")
        self._flavors = self.ids("flavors")
        self._image = self.ids("images")[IMAGE]

    def record(self) -> None:
        """A whole life, and a creation that fails."""
        instance_id = self.begin()
        try:
            path = f"/api/v1/instances/{instance_id}"
            for _reboot in range(REBOOTS):
                self.do("soft-reboot", "POST", f"{path}/soft-reboot", path, None, "Active")
                if any(sight.state == SHORTEST for sight in self.chapters[-1].sights):
                    break
            for command, flavor, end in LIFE:
                body = {"flavor": {"id": self._flavors[flavor]}} if flavor else None
                self.do(command, "POST", f"{path}/{command}", path, body, end)
        finally:
            self.remove(instance_id)
        self.remove(self.begin(NO_HOST_FLAVOR, "Error"))

    def begin(self, flavor: str = SMALL, end: str = "Active") -> str:
        """An instance that has got so far; one that Cinder's known race has spoilt is replaced."""
        for _attempt in range(ATTEMPTS):
            body = {
                "name": "record-states",
                "image_id": self._image,
                "flavor_id": self._flavors[flavor],
                "subnets": [{"id": self.subnet}],
                "volumes": [{"size": 2}],
                "security_groups": None,
            }
            begin = time.monotonic()
            made = self.gateway.call("POST", "/api/v1/instances", {"instance": body})
            instance_id: str = made.expect(202).body["instance"]["id"]
            chapter = self.see("create", f"/api/v1/instances/{instance_id}", begin, end, "Error")
            if chapter.sights[-1].state == end:
                self.chapters.append(chapter)
                return instance_id
            self.remove(instance_id)
        raise DemoError(f"no instance became {end} in {ATTEMPTS} attempts")

    def remove(self, instance_id: str) -> None:
        """Delete an instance."""
        path = f"/api/v1/instances/{instance_id}"
        self.do("delete", "DELETE", path, path, None, GONE)
