# SPDX-License-Identifier: Apache-2.0
"""One instance, driven through the gateway, with its states recorded."""

import re
import time
from contextlib import AbstractContextManager
from typing import Any

from tests.functional.client import JSON, Client
from tests.guests.guest import PATIENCE
from tests.guests.record import Record, Step

POLL = 0.5
CONSOLE_POLL = 5  # each takes processor time that the guest needs to get to the text
COLOUR = re.compile("\x1b?\\[[0-9;]*m")


class Machine:
    """An instance of the story."""

    def __init__(self, member: Client, record: Record, instance_id: str) -> None:
        self._member = member
        self._record = record
        self.id = instance_id
        self.path = f"/api/v1/instances/{instance_id}"

    def get(self) -> JSON:
        """The instance as the gateway shows it."""
        return self._member.get_instance(self.id)

    def step(self, name: str, **volumes: str) -> AbstractContextManager[Step]:
        """Record a step of the story, with this instance's states and those of volumes.

        :param volumes: ids, by the names that the record shows
        """
        paths = {name: f"/api/v1/volumes/{volume_id}" for name, volume_id in volumes.items()}
        return self._record.step(name, instance=self.path, **paths)

    def ask(self, method: str, path: str, status: int, body: Any = None) -> JSON:
        """Send a request about the instance that must be answered with a status."""
        response = self._member.request(method, self.path + path, json=body)
        assert response.status_code == status, response.text
        answer: JSON = response.json() if response.content else {}
        return answer

    def command(self, name: str, ends_in: str, within: float, body: Any = None) -> None:
        """Give a command, and wait until the instance has the status that this leads to."""
        self.ask("POST", f"/{name}", 202, body)
        self.wait_for(ends_in, within)

    def wait_for(self, status: str, within: float) -> None:
        """Return when the instance has a status."""
        end = time.monotonic() + within
        while (instance := self.get())["status"] != status:
            assert instance["status"] != "error", instance["fault"]
            assert time.monotonic() < end, f"{instance['status']}, not {status}, after {within} s"
            time.sleep(POLL)

    def attach(self, volume_id: str) -> JSON:
        """Attach a volume; the attachment, when the volume is in use."""
        answer = self.ask("POST", f"/volumes/{volume_id}", 200, {"volume": {}})
        self.wait_for_volume(volume_id, "in_use")
        attached: JSON = answer["volume"]
        return attached

    def detach(self, volume_id: str) -> None:
        """Detach a volume; return when it is available."""
        self.ask("DELETE", f"/volumes/{volume_id}", 202)
        self.wait_for_volume(volume_id, "available")

    def wait_for_volume(self, volume_id: str, status: str, within: float = 240 * PATIENCE) -> None:
        """Return when a volume has a status."""
        end = time.monotonic() + within
        while (found := self._volume(volume_id)["status"]) != status:
            assert time.monotonic() < end, f"the volume is {found}, not {status}, after {within} s"
            time.sleep(POLL)

    def console(self, lines: int = 200) -> str:
        """The end of the console's log, without its colours."""
        log = self._member.get(f"{self.path}/console-logs", lines=lines)["console-logs"]
        return COLOUR.sub("", log)

    def wait_for_console(self, text: str, within: float) -> None:
        """Return when the guest has written a text to its console."""
        end = time.monotonic() + within
        while text not in (log := self.console(1000)):
            assert time.monotonic() < end, f"no {text!r} within {within} s: {log[-2000:]}"
            time.sleep(CONSOLE_POLL)

    def _volume(self, volume_id: str) -> JSON:
        volume: JSON = self._member.get(f"/api/v1/volumes/{volume_id}")["volume"]
        return volume
