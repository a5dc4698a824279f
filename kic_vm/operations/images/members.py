"""The projects that an image is shared with."""

from collections.abc import Mapping
from typing import Any

from kic_vm import exceptions
from kic_vm.mappings.images import member_from_member
from kic_vm.operations import earlier_attempts, listing
from kic_vm.operations.ownership import get_own_image
from kic_vm.operations.request import RequestServices

JSON = dict[str, Any]


def list_members(
    services: RequestServices, image_id: str, query: Mapping[str, Any]
) -> tuple[list[JSON], JSON]:
    """A page of the projects that an image of this project is shared with.

    Two upstream calls, one for an image that is not shared: Glance refuses to list its members.

    :raises NotFound: the project cannot see the image
    :raises Forbidden: the image belongs to another project
    """
    image = get_own_image(services, image_id)
    glance = services.openstack.image
    members = glance.list_members(image_id) if image["visibility"] == "shared" else []
    order = {"sort_keys": ["created_at"], "sort_dirs": ["desc"]}
    items = [member_from_member(member) for member in members]
    return listing.select(items, {**query, **order}, {})


def add_member(services: RequestServices, image_id: str, project_id: str) -> JSON:
    """Share an image with a project, which can see and boot it at once. 3 or 4 upstream calls.

    :raises NotFound: the project cannot see the image, or there is no project with the member's id
    :raises Forbidden: the image belongs to another project
    :raises InvalidRequest: the project owns the image
    :raises Conflict: every project can already use the image
    :raises AlreadyExists: the image is already shared with this project
    """
    image = get_own_image(services, image_id)
    if project_id == services.project_id:
        raise exceptions.InvalidRequest("member_id: this project owns the image: name another one.")
    if image["visibility"] in {"public", "community"}:
        raise exceptions.Conflict("Every project can already use this image.")
    _check_project(services, project_id)
    glance = services.openstack.image
    if earlier_attempts.is_repeated(services) and image["visibility"] == "shared":
        for member in glance.list_members(image_id):
            if member["member_id"] == project_id:
                return _added(member)
    earlier_attempts.note_absence(services)
    if image["visibility"] == "private":
        glance.update_image(image_id, {"visibility": "shared"})
    try:
        member = glance.add_member(image_id, project_id)
    except exceptions.KicVmError as error:
        if image["visibility"] == "private" and not error.is_outcome_unknown:
            _make_private_if_unshared(services, image_id)
        raise
    return _added(member)


def _added(member: JSON) -> JSON:
    added = member_from_member(member)
    del added["is_shared"]
    return added


def remove_member(services: RequestServices, image_id: str, project_id: str) -> None:
    """Stop sharing an image with a project; instances created from it stay.

    4 upstream calls, 3 when the image is still shared with other projects.

    :raises NotFound: the project cannot see the image, or it is not shared with the member
    :raises Forbidden: the image belongs to another project
    """
    if get_own_image(services, image_id)["visibility"] != "shared":
        raise exceptions.NotFound("member_id: the image is not shared with any project.")
    services.openstack.image.remove_member(image_id, project_id)
    _make_private_if_unshared(services, image_id)


def _make_private_if_unshared(services: RequestServices, image_id: str) -> None:
    """Make an image private again when it is shared with no project."""
    glance = services.openstack.image
    if not glance.list_members(image_id):
        glance.update_image(image_id, {"visibility": "private"})


def _check_project(services: RequestServices, project_id: str) -> None:
    """Refuse a project that does not exist: Glance accepts any text as a project id.

    When the cloud does not let the gateway's user read projects, this check is skipped.
    """
    try:
        services.as_gateway().openstack.identity.get_project(project_id)
    except exceptions.NotFound as error:
        raise exceptions.NotFound("member_id: there is no project with this id.") from error
    except exceptions.Forbidden:
        return
