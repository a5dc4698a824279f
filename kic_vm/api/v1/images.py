# SPDX-License-Identifier: Apache-2.0
"""Images."""

from typing import Any

import flask

from kic_vm.api.blueprint import Blueprint, answer, page, services
from kic_vm.operations.images import images as operations
from kic_vm.operations.images import members
from kic_vm.schemas import images as schemas

blueprint = Blueprint("images", __name__, url_prefix="/api/v1/images")


@blueprint.get("")
@blueprint.arguments(schemas.ImageListQuerySchema, location="query")
@blueprint.response(200, schemas.ImagePageSchema)
def list_images(query: dict[str, Any]) -> flask.Response:
    """List the images that the project can use."""
    return page("images", operations.list_images(services(), query))


@blueprint.get("/<image_id>")
@blueprint.response(200, schemas.ImageEnvelopeSchema)
def get_image(image_id: str) -> flask.Response:
    """Show one image."""
    return answer(200, {"image": operations.get_image(services(), image_id)})


@blueprint.put("/<image_id>")
@blueprint.arguments(schemas.ImageUpdateEnvelopeSchema)
@blueprint.response(200, schemas.ChangedImageEnvelopeSchema)
def update_image(body: dict[str, schemas.ImageUpdateBody], image_id: str) -> flask.Response:
    """Rename or describe an image."""
    return answer(200, {"image": operations.update_image(services(), image_id, body["image"])})


@blueprint.delete("/<image_id>")
@blueprint.response(204)
def delete_image(image_id: str) -> flask.Response:
    """Delete an image; volumes made from it stay."""
    operations.delete_image(services(), image_id)
    return answer(204)


@blueprint.get("/<image_id>/members")
@blueprint.arguments(schemas.ImageMemberListQuerySchema, location="query")
@blueprint.response(200, schemas.ImageMemberPageSchema)
def list_members(query: dict[str, Any], image_id: str) -> flask.Response:
    """List the projects that an image is shared with."""
    return page("members", members.list_members(services(), image_id, query))


@blueprint.post("/<image_id>/members/<member_id>")
@blueprint.response(200, schemas.NewImageMemberEnvelopeSchema)
def add_member(image_id: str, member_id: str) -> flask.Response:
    """Share an image with a project, which sees and boots it at once."""
    return answer(200, {"member": members.add_member(services(), image_id, member_id)})


@blueprint.delete("/<image_id>/members/<member_id>")
@blueprint.response(204)
def remove_member(image_id: str, member_id: str) -> flask.Response:
    """Share an image with a project no longer."""
    members.remove_member(services(), image_id, member_id)
    return answer(204)
