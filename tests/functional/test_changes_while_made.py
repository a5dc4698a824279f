# SPDX-License-Identifier: Apache-2.0
"""Changes to what is still being made: they last, or are refused until they can."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import openstack
import pytest

from tests.functional.client import Client
from tests.functional.instances import Instances
from tests.functional.volumes import Volumes

JSON = dict[str, Any]
Connect = Callable[[str], openstack.connection.Connection]

AFTER = "functional-after"
CHANGES = {"name": AFTER, "description": "changed at once"}


def change(client: Client, path: str, key: str) -> list[int]:
    """Change a resource as soon as that is possible; the answers."""
    seen: list[int] = []
    end = time.monotonic() + 60
    while not seen or seen[-1] != 200:
        answer = client.request("PUT", path, json={key: CHANGES})
        seen.append(answer.status_code)
        if answer.status_code != 200:
            assert answer.json()["error"]["code"] == "invalid_state", answer.text
        assert time.monotonic() < end, seen
        time.sleep(0.02)
    return seen


def test_instance(member: Client, instances: Instances) -> None:
    """A rename is refused while a host is chosen, and lasts from then on."""
    answers = []
    for _time in range(3):
        instance_id = instances.make(name="functional-before")
        path = f"/api/v1/instances/{instance_id}"
        answers += change(member, path, "instance")
        member.watch(instance_id, "active")
        shown = member.get_instance(instance_id)
        assert {field: shown[field] for field in CHANGES} == CHANGES
        instances.remove(instance_id)
    assert 409 in answers


def test_volume(member: Client, volumes: Volumes) -> None:
    """A rename of a volume, of a snapshot and of a restored volume lasts from the beginning."""
    volume_id = volumes.make()
    assert change(member, f"/api/v1/volumes/{volume_id}", "volume") == [200]
    volumes.watch(volume_id, "available")
    snapshot_id = volumes.snapshot(volume_id)
    assert change(member, f"/api/v1/snapshots/{snapshot_id}", "snapshot") == [200]
    snapshot = volumes.wait_for_snapshot(snapshot_id)
    for shown in (volumes.get(volume_id), snapshot):
        assert {field: shown[field] for field in CHANGES} == CHANGES


class Upload:
    """An image whose data comes as slowly as the test wants."""

    def __init__(self, connection: openstack.connection.Connection) -> None:
        self.glance = connection.image
        formats = {"disk_format": "raw", "container_format": "bare"}
        body = {"name": "functional-before", "visibility": "private", **formats}
        self.image_id = self.glance.post("/images", json=body).json()["id"]
        self._may_end = threading.Event()
        self._thread = threading.Thread(target=self._send)

    def begin(self) -> None:
        """Return when the data is being saved."""
        self._thread.start()
        self._wait_for("saving")

    def end(self) -> None:
        """Return when the image is active."""
        self._may_end.set()
        if self._thread.is_alive():
            self._thread.join()
        self._wait_for("active")

    def _send(self) -> None:
        headers = {"Content-Type": "application/octet-stream"}
        path = f"/images/{self.image_id}/file"
        self.glance.put(path, data=self._data(), headers=headers)

    def _data(self) -> Iterator[bytes]:
        yield b"\0" * 1024
        self._may_end.wait(60)
        yield b"\0" * 1024

    def _wait_for(self, status: str) -> None:
        end = time.monotonic() + 60
        while self.glance.get(f"/images/{self.image_id}").json()["status"] != status:
            assert time.monotonic() < end, status
            time.sleep(0.1)


@pytest.fixture
def upload(cloud: Connect) -> Iterator[Upload]:
    """An image that is being saved."""
    made = Upload(cloud("kic-member"))
    made.begin()
    yield made
    made.end()
    made.glance.delete_image(made.image_id)


def test_image(member: Client, cloud: Connect, upload: Upload) -> None:
    """While an image is saved it is not changed; who had it unseen is not let in later."""
    path = f"/api/v1/images/{upload.image_id}"
    other = cloud("kic-other").current_project_id
    former = cloud("kic-operator").current_project_id
    for method, target, body in (
        ("PUT", path, {"image": CHANGES}),
        ("POST", f"{path}/members/{other}", None),
        ("DELETE", f"{path}/members/{other}", None),
    ):
        answer = member.request(method, target, json=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "invalid_state")

    # What the image service itself takes now is undone, but for the member.
    patch = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
    share = [{"op": "replace", "path": "/visibility", "value": "shared"}]
    glance_path = f"/images/{upload.image_id}"
    glance = upload.glance
    assert glance.patch(glance_path, json=share, headers=patch).status_code == 200
    assert glance.post(f"{glance_path}/members", json={"member": former}).status_code == 200
    upload.end()

    assert member.request("PUT", path, json={"image": CHANGES}).status_code == 200
    shared = member.request("POST", f"{path}/members/{other}")
    assert shared.status_code == 200, shared.text
    shown = member.get(path)["image"]
    assert {field: shown[field] for field in CHANGES} == CHANGES
    members = member.get(f"{path}/members")["members"]
    assert [one["id"] for one in members] == [other]
