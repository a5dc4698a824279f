# SPDX-License-Identifier: Apache-2.0
"""Volumes and snapshots that a test makes."""

import time
from concurrent.futures import ThreadPoolExecutor

from tests.contract import check
from tests.functional.client import JSON, PAUSE, Client

ZONE = "kr-central-2-a"


class Volumes:
    """Makes volumes and snapshots, and removes what it has made."""

    def __init__(self, client: Client, zone: str = ZONE) -> None:
        self._client = client
        self._zone = zone
        self._volumes: list[str] = []
        self._snapshots: list[str] = []

    def make(self, **changes: object) -> str:
        """A volume that has been asked for; ``changes`` go over an ordinary body."""
        wanted = {"name": "functional-volume", "size": 1, "availability_zone": self._zone} | changes
        response = self._client.request("POST", "/api/v1/volumes", json={"volume": wanted})
        assert response.status_code == 202, response.text
        assert check("volume", "CreateVolume", response.json()) == []
        self._volumes.append(response.json()["volume"]["id"])
        return self._volumes[-1]

    def make_available(self, **changes: object) -> str:
        """A volume that is ready."""
        volume_id = self.make(**changes)
        self.watch(volume_id, "available")
        return volume_id

    def get(self, volume_id: str) -> JSON:
        """A volume, held against the contract."""
        body = self._client.get(f"/api/v1/volumes/{volume_id}")
        assert check("volume", "GetVolume", body) == []
        volume: JSON = body["volume"]
        return volume

    def watch(self, volume_id: str, *ends: str, within: float = 60) -> list[str]:
        """The documented states until the status is one of ``ends``."""
        seen: list[str] = []
        end = time.monotonic() + within * self._client.patience
        while True:
            volume = self.get(volume_id)
            state = volume["lifecycle"]["state"]
            if seen[-1:] != [state]:
                seen.append(state)
            if volume["status"] in ends:
                return seen
            assert time.monotonic() < end, f"none of {ends} in {within} s: {seen}"
            time.sleep(PAUSE)

    def extend(self, volume_id: str, size: int) -> list[str]:
        """Have a volume extended; the documented states that pass until it is answered."""
        path = f"/api/v1/volumes/{volume_id}/size"
        seen = [self.get(volume_id)["lifecycle"]["state"]]
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(
                Client(self._client.url, self._client.token).request,
                "POST",
                path,
                json={"volume": {"new_size": size}},
            )
            while not asked.done():
                state = self.get(volume_id)["lifecycle"]["state"]
                if seen[-1] != state:
                    seen.append(state)
        assert asked.result().status_code == 202, asked.result().text
        return seen

    def snapshot(self, volume_id: str, **changes: object) -> str:
        """A snapshot of a volume that has been asked for."""
        wanted = {"name": "functional-snapshot", "is_incremental": False} | changes
        path = f"/api/v1/volumes/{volume_id}/snapshots"
        response = self._client.request("POST", path, json={"snapshot": wanted})
        assert response.status_code == 202, response.text
        assert check("volume", "CreateSnapshot", response.json()) == []
        self._snapshots.append(response.json()["snapshot"]["id"])
        return self._snapshots[-1]

    def adopt_snapshot(self, snapshot_id: str) -> None:
        """Have a snapshot that was made elsewhere removed in the end, too."""
        self._snapshots.append(snapshot_id)

    def get_snapshot(self, snapshot_id: str) -> JSON:
        """A snapshot, held against the contract."""
        body = self._client.get(f"/api/v1/snapshots/{snapshot_id}")
        assert check("volume", "GetSnapshot", body) == []
        snapshot: JSON = body["snapshot"]
        return snapshot

    def wait_for_snapshot(self, snapshot_id: str, within: float = 60) -> JSON:
        """The snapshot when it is available."""
        end = time.monotonic() + within * self._client.patience
        while (snapshot := self.get_snapshot(snapshot_id))["status"] != "available":
            assert snapshot["status"] == "creating", snapshot
            assert time.monotonic() < end, f"no snapshot in {within} s"
            time.sleep(PAUSE)
        return snapshot

    def restore(self, snapshot_id: str, name: str = "functional-restored") -> str:
        """A new volume from a snapshot that has been asked for."""
        path = f"/api/v1/snapshots/{snapshot_id}/restore"
        wanted = {"restore": {"name": name, "availability_zone": self._zone}}
        response = self._client.request("POST", path, json=wanted)
        assert response.status_code == 202, response.text
        assert check("volume", "RestoreSnapshot", response.json()) == []
        restored = response.json()["restore"]
        assert (restored["snapshot_id"], restored["volume_name"]) == (snapshot_id, name)
        self._volumes.append(restored["volume_id"])
        return self._volumes[-1]

    def remove_all(self) -> None:
        """Delete what is left: snapshots first, the newest before those it depends on."""
        for kind, ids in (("snapshots", self._snapshots), ("volumes", self._volumes)):
            for one in reversed(ids):
                self._remove(f"/api/v1/{kind}/{one}")

    def _remove(self, path: str, within: float = 60) -> None:
        end = time.monotonic() + within * self._client.patience
        while self._client.delete(path) != 404:
            assert time.monotonic() < end, f"{path} is still there after {within} s"
            time.sleep(0.5)
