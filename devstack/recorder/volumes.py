# SPDX-License-Identifier: Apache-2.0
"""What volumes are told to do."""

import time
from concurrent.futures import ThreadPoolExecutor

from demo.place import Place
from demo.wire import Gateway

from .instances import IMAGE, InstanceRecorder
from .watch import GONE, Watch

ZONE = "kr-central-2-a"
TOO_LARGE = 5120  # documented, and more than the standalone's store has


class VolumeRecorder(Watch):
    """Gives commands to volumes and notes what the gateway shows."""

    def __init__(self, place: Place, gateway: Gateway) -> None:
        super().__init__(place, gateway, "volume")
        self._image = self.ids("images")[IMAGE]
        self._instances = InstanceRecorder(place, gateway)

    def record(self) -> None:
        """A whole life, at an instance and away from it, and a creation that fails."""
        instance_id = self._instances.begin()
        try:
            self._live("/api/v1/instances/" + instance_id)
        finally:
            self._instances.remove(instance_id)
        self._remove(self._make(TOO_LARGE, None, "Error"))

    def _live(self, instance: str) -> None:
        volume_id = self._make(2, self._image, "Active")
        path = f"/api/v1/volumes/{volume_id}"
        attachment = f"{instance}/volumes/{volume_id}"
        image = {"image": {"name": "record-states"}}
        snapshot = {"snapshot": {"name": "record-states", "is_incremental": False}}
        self._extend(path)
        self.do("snapshot", "POST", f"{path}/snapshots", path, snapshot, "Active")
        self.do("image", "POST", f"{path}/image", path, image, "Active")
        self.do("attach", "POST", attachment, path, {"volume": {}}, "In-use")
        self.do("shelve its instance", "POST", f"{instance}/shelve", path, None, "Reserved")
        self._instances.see("shelve", instance, time.monotonic(), "Shelved_offloaded")
        self.do("unshelve its instance", "POST", f"{instance}/unshelve", path, None, "In-use")
        self._instances.see("unshelve", instance, time.monotonic(), "Active")
        self.do("detach", "DELETE", attachment, path, None, "Active")
        self._remove_made(volume_id)
        self._remove(volume_id)

    def _extend(self, path: str) -> None:
        """The gateway answers when the volume has its new size, so it is looked at meanwhile."""
        begin = time.monotonic()
        with ThreadPoolExecutor(1) as pool:
            size = {"volume": {"new_size": 3}}
            asked = pool.submit(self.gateway.call, "POST", f"{path}/size", size)
            self.chapters.append(self.see("extend", path, begin, "Active"))
            asked.result().expect(202)

    def _make(self, size: int, image_id: str | None, end: str) -> str:
        wanted = {"name": "record-states", "size": size, "availability_zone": ZONE}
        if image_id:
            wanted["image_id"] = image_id
        begin = time.monotonic()
        made = self.gateway.call("POST", "/api/v1/volumes", {"volume": wanted}).expect(202)
        volume_id: str = made.body["volume"]["id"]
        self.chapters.append(self.see("create", f"/api/v1/volumes/{volume_id}", begin, end))
        return volume_id

    def _remove_made(self, volume_id: str) -> None:
        """Take away the snapshot and the image that were made of it."""
        snapshots = self.gateway.call("GET", f"/api/v1/snapshots?volume_id={volume_id}")
        for one in snapshots.expect(200).body["snapshots"]:
            path = f"/api/v1/snapshots/{one['id']}"
            self.gateway.call("DELETE", path).expect(202)
            self.wait_until_gone(path)
        images = self.gateway.call("GET", "/api/v1/images?name=record-states").expect(200)
        for one in images.body["images"]:
            self.gateway.call("DELETE", f"/api/v1/images/{one['id']}").expect(204)

    def _remove(self, volume_id: str) -> None:
        path = f"/api/v1/volumes/{volume_id}"
        self.do("delete", "DELETE", path, path, None, GONE)
