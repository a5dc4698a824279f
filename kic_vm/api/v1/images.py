"""Images."""

from typing import Any

import flask

from kic_vm.api.blueprint import Blueprint, answer, page, scope
from kic_vm.operations import images as operations
from kic_vm.schemas import images as schemas

blueprint = Blueprint("images", __name__, url_prefix="/api/v1/images")


@blueprint.get("")
@blueprint.arguments(schemas.ImageListQuerySchema, location="query")
@blueprint.response(200, schemas.ImagePageSchema)
def list_images(query: dict[str, Any]) -> flask.Response:
    """List the images that the project can use."""
    return page("images", operations.list_images(scope(), query))


@blueprint.get("/<image_id>")
@blueprint.response(200, schemas.ImageEnvelopeSchema)
def get_image(image_id: str) -> flask.Response:
    """Show one image."""
    return answer(200, {"image": operations.get_image(scope(), image_id)})
