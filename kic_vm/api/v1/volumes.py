# SPDX-License-Identifier: Apache-2.0
"""Volumes and their types."""

from typing import Any

import flask

from kic_vm.api.blueprint import Blueprint, answer, page, services
from kic_vm.operations.volumes import create, extend, image_create
from kic_vm.operations.volumes import volumes as operations
from kic_vm.schemas import volumes as schemas
from kic_vm.schemas.images import (
    ChangedImageEnvelopeSchema,
    ImageCreateBody,
    ImageCreateEnvelopeSchema,
)

blueprint = Blueprint("volumes", __name__, url_prefix="/api/v1/volumes")


@blueprint.post("")
@blueprint.arguments(schemas.VolumeCreateEnvelopeSchema)
@blueprint.response(202, schemas.ChangedVolumeEnvelopeSchema)
def create_volume(body: dict[str, schemas.VolumeCreateBody]) -> flask.Response:
    """Make a volume; it is ready when its status is available."""
    return answer(202, {"volume": create.create_volume(services(), body["volume"])})


@blueprint.get("")
@blueprint.arguments(schemas.VolumeListQuerySchema, location="query")
@blueprint.response(200, schemas.VolumePageSchema)
def list_volumes(query: dict[str, Any]) -> flask.Response:
    """List the project's volumes."""
    return page("volumes", operations.list_volumes(services(), query))


@blueprint.get("/types")
@blueprint.response(200, schemas.VolumeTypeListSchema)
def list_volume_types() -> flask.Response:
    """List the volume types."""
    return answer(200, {"volume_types": operations.list_volume_types(services())})


@blueprint.get("/<volume_id>")
@blueprint.response(200, schemas.VolumeEnvelopeSchema)
def get_volume(volume_id: str) -> flask.Response:
    """Show a volume."""
    return answer(200, {"volume": operations.get_volume(services(), volume_id)})


@blueprint.put("/<volume_id>")
@blueprint.arguments(schemas.VolumeUpdateEnvelopeSchema)
@blueprint.response(200, schemas.ChangedVolumeEnvelopeSchema)
def update_volume(body: dict[str, schemas.VolumeUpdateBody], volume_id: str) -> flask.Response:
    """Rename or describe a volume."""
    changed = operations.update_volume(services(), volume_id, body["volume"])
    return answer(200, {"volume": changed})


@blueprint.delete("/<volume_id>")
@blueprint.response(202)
def delete_volume(volume_id: str) -> flask.Response:
    """Delete a volume; it is gone when it is not found any more."""
    operations.delete_volume(services(), volume_id)
    return answer(202)


@blueprint.post("/<volume_id>/size")
@blueprint.arguments(schemas.VolumeExtendEnvelopeSchema)
@blueprint.response(202)
def extend_volume(body: dict[str, dict[str, int]], volume_id: str) -> flask.Response:
    """Make a volume larger, also while it is attached."""
    extend.extend_volume(services(), volume_id, body["volume"]["new_size"])
    return answer(202)


@blueprint.post("/<volume_id>/image")
@blueprint.arguments(ImageCreateEnvelopeSchema)
@blueprint.response(202, ChangedImageEnvelopeSchema)
def create_image(body: dict[str, ImageCreateBody], volume_id: str) -> flask.Response:
    """Make an image of a root volume; it is ready when its status is active."""
    return answer(202, {"image": image_create.create_image(services(), volume_id, body["image"])})
