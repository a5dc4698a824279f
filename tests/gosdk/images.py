# SPDX-License-Identifier: Apache-2.0
"""The operations of the SDK on images of one's own."""

from tests.gosdk.caller import User
from tests.gosdk.volumes import wait_for, wait_until_gone


def use(user: User, volume_id: str, project_id: str) -> None:
    """An image of a root volume: renamed, shared, shared no longer, and gone again.

    :param project_id: another project
    """
    body = {"image": {"name": "gosdk", "description": "of a machine"}}
    image_id = user.call("volume.CreateImage", volume_id, body=body)["image"]["id"]
    try:
        wait_for(lambda: user.call("image.GetImage", image_id)["image"], "active")
        user.call("image.UpdateImage", image_id, body={"image": {"name": "gosdk-2"}})
        user.call("image.AddImageShare", image_id, project_id)
        (shared,) = user.call("image.ListImageSharedProjects", image_id)["members"]
        assert (shared["id"], shared["is_shared"]) == (project_id, True)
        user.call("image.RemoveImageShare", image_id, project_id)
    finally:
        user.call("image.DeleteImage", image_id)
        wait_until_gone(user, "image.GetImage", image_id)
