# SPDX-License-Identifier: Apache-2.0
"""Volumes of an instance."""

import flask

from kic_vm.api.blueprint import Blueprint, answer, services
from kic_vm.operations.instances import volumes as operations
from kic_vm.schemas import instance_volumes as schemas

blueprint = Blueprint(
    "instance-volumes",
    __name__,
    url_prefix="/api/v1/instances/<instance_id>/volumes/<volume_id>",
)


@blueprint.post("")
@blueprint.arguments(schemas.VolumeAttachEnvelopeSchema)
@blueprint.response(200, schemas.VolumeAttachmentEnvelopeSchema)
def attach_volume(
    body: dict[str, schemas.VolumeAttachBody], instance_id: str, volume_id: str
) -> flask.Response:
    """Attach a volume to an instance; it is attached when the instance shows it as in_use."""
    attached = operations.attach_volume(services(), instance_id, volume_id, body["volume"])
    return answer(200, {"volume": attached})


@blueprint.put("")
@blueprint.arguments(schemas.AttachedVolumeUpdateEnvelopeSchema)
@blueprint.response(200)
def update_instance_volume(
    body: dict[str, schemas.AttachedVolumeUpdateBody], instance_id: str, volume_id: str
) -> flask.Response:
    """Change an attached volume, and whether it goes with the instance."""
    operations.update_volume(services(), instance_id, volume_id, body["volume"])
    return answer(200)


@blueprint.delete("")
@blueprint.response(202)
def detach_volume(instance_id: str, volume_id: str) -> flask.Response:
    """Detach a volume from an instance; the volume is kept."""
    operations.detach_volume(services(), instance_id, volume_id)
    return answer(202)
