# SPDX-License-Identifier: Apache-2.0
"""The projects that an image is shared with."""

import contextlib
import datetime
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from kic_vm import exceptions
from kic_vm.adapters.parallel import run_in_threads
from kic_vm.cache.stored_lists import Pagination
from kic_vm.mappings.images import (
    ImageMemberView,
    NewImageMemberView,
    member_from_member,
    new_member,
)
from kic_vm.operations import earlier_attempts, listing
from kic_vm.operations.images.images import check_is_not_saving
from kic_vm.operations.ownership import check_project, get_own_image
from kic_vm.operations.request import RequestServices
from kic_vm.operations.rollback import all_or_nothing, remains_noted
from kic_vm.resources.image import Image, ImageMember

# Image property: when a private image was last changed before add_member shared it. Members that
# are not newer must be removed.
OPENED: Final = "kic_vm_opened"


def list_members(
    services: RequestServices, image_id: str, query: Mapping[str, Any]
) -> tuple[list[ImageMemberView], Pagination]:
    """A page of the projects that an image of this project is shared with.

    Two upstream calls, one for an image that is not shared: Glance refuses to list its members.

    :raises NotFound: the project cannot see an image with this id
    :raises Forbidden: the image belongs to another project
    """
    image = get_own_image(services, image_id)
    glance = services.openstack.image
    members = glance.list_members(image_id) if image["visibility"] == "shared" else []
    order = {"sort_keys": ["created_at"], "sort_dirs": ["desc"]}
    return listing.select([member_from_member(one) for one in members], {**query, **order}, {})


def add_member(services: RequestServices, image_id: str, project_id: str) -> NewImageMemberView:
    """Share an image with a project, so that it can see and boot the image.

    3 upstream calls; 6 for a private image, plus one for each project that it was shared with
    before. If the answer to one of these is lost, the next request completes them.

    :raises NotFound: the project cannot see an image with this id, or no such project exists
    :raises Forbidden: the image belongs to another project
    :raises InvalidRequest: the project owns the image
    :raises Conflict: all projects can already use the image
    :raises InvalidState: Glance is saving the image's data
    :raises AlreadyExists: the image is already shared with this project
    """
    image = get_own_image(services, image_id)
    check_is_not_saving(image)
    if project_id == services.project_id:
        raise exceptions.InvalidField("member_id", "this project owns the image: name another one.")
    if image["visibility"] in {"public", "community"}:
        raise exceptions.Conflict("Every project can already use this image.")
    check_project(services, "member_id", project_id)
    glance = services.openstack.image
    earlier_attempts.note_absence(services)  # the member is looked for before it is added
    if image["visibility"] == "shared":
        with remains_noted():
            if OPENED in image:
                _remove_former_members(services, image_id, image[OPENED])
            if earlier_attempts.is_repeated(services):
                for member in glance.list_members(image_id):
                    if member["member_id"] == project_id:
                        return new_member(member)
            return new_member(glance.add_member(image_id, project_id))
    last_private = image["updated_at"]
    with all_or_nothing() as undo:
        glance.update_image(image_id, {"visibility": "shared", OPENED: last_private})
        undo(partial(_close, services, image))
        _remove_former_members(services, image_id, last_private)
        return new_member(glance.add_member(image_id, project_id))


def _remove_former_members(services: RequestServices, image_id: str, last_private: str) -> None:
    """Remove the projects that an image was shared with before it became private.

    Glance keeps them, lists them only while the image is shared, and then gives them access again.

    :param last_private: when the image was last changed while it was private
    """
    glance = services.openstack.image
    former = (
        one["member_id"] for one in glance.list_members(image_id) if _is_former(one, last_private)
    )
    run_in_threads(*(partial(_drop_member, services, image_id, one) for one in former))
    with contextlib.suppress(exceptions.Conflict):  # a concurrent request has removed it
        glance.update_image(image_id, {OPENED: None})


def _drop_member(services: RequestServices, image_id: str, project_id: str) -> None:
    """Remove a member that a concurrent request may have removed."""
    with contextlib.suppress(exceptions.NotFound):
        services.openstack.image.remove_member(image_id, project_id)


def _is_former(member: ImageMember, last_private: str) -> bool:
    """Whether a member was added before the last change of the image while it was private."""
    added, changed = (
        datetime.datetime.fromisoformat(stamp) for stamp in (member["created_at"], last_private)
    )
    return added <= changed


def remove_member(services: RequestServices, image_id: str, project_id: str) -> None:
    """Stop sharing an image with a project; instances created from it stay.

    4 upstream calls, 3 if the image is still shared with other projects.

    :raises NotFound: the project cannot see the image, or it is not shared with that project
    :raises Forbidden: the image belongs to another project
    :raises InvalidState: Glance is saving the image's data
    """
    image = get_own_image(services, image_id)
    check_is_not_saving(image)
    if image["visibility"] != "shared":
        raise exceptions.NotFound("member_id: the image is not shared with any project.")
    glance = services.openstack.image
    glance.remove_member(image_id, project_id)
    with remains_noted():
        if not glance.list_members(image_id):
            glance.update_image(image_id, {"visibility": "private"})


def _close(services: RequestServices, image: Image) -> None:
    """Set an image to private again, because sharing it failed.

    :param image: the image as it was while private
    """
    glance = services.openstack.image
    if all(_is_former(member, image["updated_at"]) for member in glance.list_members(image["id"])):
        present = glance.get_image(image["id"])
        opened = {OPENED: None} if OPENED in present else {}
        glance.update_image(image["id"], {"visibility": "private", **opened})
