# SPDX-License-Identifier: Apache-2.0
"""Images that a test makes."""

import time
from typing import Any

from tests.contract import check
from tests.functional.client import Client

JSON = dict[str, Any]


class Images:
    """Makes images of root volumes, and removes what it has made."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._made: list[str] = []

    def make(self, volume_id: str, **changes: object) -> JSON:
        """An image of a volume that has been asked for."""
        wanted = {"name": "functional-image"} | changes
        path = f"/api/v1/volumes/{volume_id}/image"
        response = self._client.request("POST", path, json={"image": wanted})
        assert response.status_code == 202, response.text
        assert check("volume", "CreateImage", response.json()) == []
        image: JSON = response.json()["image"]
        self._made.append(image["id"])
        return image

    def get(self, image_id: str, client: Client | None = None) -> JSON:
        """An image, held against the contract."""
        body = (client or self._client).get(f"/api/v1/images/{image_id}")
        assert check("image", "GetImage", body) == []
        image: JSON = body["image"]
        return image

    def wait_until_active(self, image_id: str, within: float = 120) -> JSON:
        """The image when it is ready."""
        end = time.monotonic() + within * self._client.patience
        while (image := self.get(image_id))["status"] != "active":
            assert image["status"] in {"queued", "saving"}, image
            assert time.monotonic() < end, f"the image is not active in {within} s"
            time.sleep(0.2)
        return image

    def remove_all(self) -> None:
        """Delete what is left; a machine's building may hold an image for a moment."""
        for image_id in self._made:
            end = time.monotonic() + 60 * self._client.patience
            while self._client.delete(f"/api/v1/images/{image_id}") != 404:
                assert time.monotonic() < end, f"the image {image_id} is still there"
                time.sleep(0.5)
