# SPDX-License-Identifier: Apache-2.0
"""Snapshots of volumes."""

from typing import Any

import flask

from kic_vm.api.blueprint import Blueprint, answer, page, services
from kic_vm.operations.volumes import snapshots as operations
from kic_vm.schemas import snapshots as schemas

blueprint = Blueprint("snapshots", __name__, url_prefix="/api/v1")


@blueprint.post("/volumes/<volume_id>/snapshots")
@blueprint.arguments(schemas.SnapshotCreateEnvelopeSchema)
@blueprint.response(202, schemas.NamedSnapshotEnvelopeSchema)
def create_snapshot(body: dict[str, schemas.SnapshotCreateBody], volume_id: str) -> flask.Response:
    """Make a snapshot of a volume, also while it is attached."""
    made = operations.create_snapshot(services(), volume_id, body["snapshot"])
    return answer(202, {"snapshot": made})


@blueprint.get("/snapshots")
@blueprint.arguments(schemas.SnapshotListQuerySchema, location="query")
@blueprint.response(200, schemas.SnapshotPageSchema)
def list_snapshots(query: dict[str, Any]) -> flask.Response:
    """List the project's snapshots."""
    return page("snapshots", operations.list_snapshots(services(), query))


@blueprint.get("/snapshots/<snapshot_id>")
@blueprint.response(200, schemas.SnapshotEnvelopeSchema)
def get_snapshot(snapshot_id: str) -> flask.Response:
    """Show a snapshot."""
    return answer(200, {"snapshot": operations.get_snapshot(services(), snapshot_id)})


@blueprint.put("/snapshots/<snapshot_id>")
@blueprint.arguments(schemas.SnapshotUpdateEnvelopeSchema)
@blueprint.response(200, schemas.NamedSnapshotEnvelopeSchema)
def update_snapshot(
    body: dict[str, schemas.SnapshotUpdateBody], snapshot_id: str
) -> flask.Response:
    """Rename or describe a snapshot."""
    changed = operations.update_snapshot(services(), snapshot_id, body["snapshot"])
    return answer(200, {"snapshot": changed})


@blueprint.delete("/snapshots/<snapshot_id>")
@blueprint.response(202)
def delete_snapshot(snapshot_id: str) -> flask.Response:
    """Delete a snapshot; volumes made from it stay."""
    operations.delete_snapshot(services(), snapshot_id)
    return answer(202)


@blueprint.post("/snapshots/<snapshot_id>/restore")
@blueprint.arguments(schemas.SnapshotRestoreEnvelopeSchema)
@blueprint.response(202, schemas.RestoredVolumeEnvelopeSchema)
def restore_snapshot(
    body: dict[str, schemas.SnapshotRestoreBody], snapshot_id: str
) -> flask.Response:
    """Make a new volume from a snapshot; the volume it was made of stays as it is."""
    restored = operations.restore_snapshot(services(), snapshot_id, body["restore"])
    return answer(202, {"restore": restored})
