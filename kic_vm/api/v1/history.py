# SPDX-License-Identifier: Apache-2.0
"""The history of an instance, and the usage of the project."""

from typing import Any, Final

import flask

from kic_vm.api.blueprint import Blueprint, answer, page, services
from kic_vm.mappings import usage as usage_mapping
from kic_vm.operations.history import instance_history, usage
from kic_vm.schemas import history as schemas

_TEXT: Final = {"schema": {"type": "string"}}

blueprint = Blueprint("history", __name__, url_prefix="/api/v1")


@blueprint.get("/instances/<instance_id>/history")
@blueprint.arguments(schemas.PeriodListQuerySchema, location="query")
@blueprint.response(200, schemas.PeriodPageSchema)
@blueprint.doc(responses={200: {"content": {"image/svg+xml": _TEXT}}})
def list_instance_periods(query: dict[str, Any], instance_id: str) -> flask.Response:
    """List the periods that an instance spent in each state, the latest first."""
    if query["format"] == schemas.SVG:
        picture = instance_history.draw_timeline(services(), instance_id)
        return flask.Response(picture, content_type="image/svg+xml; charset=utf-8")
    return page("periods", instance_history.list_periods(services(), instance_id, query))


@blueprint.get("/usage")
@blueprint.arguments(schemas.UsageQuerySchema, location="query")
@blueprint.response(200, schemas.UsageEnvelopeSchema)
@blueprint.doc(responses={200: {"content": {"text/csv": _TEXT}}})
def get_usage(query: dict[str, Any]) -> flask.Response:
    """Show how many seconds the project's instances were billed."""
    shown = usage.get_usage(services(), query)
    if query["format"] == schemas.CSV:
        table = usage_mapping.as_csv(shown)
        return flask.Response(table, content_type="text/csv; charset=utf-8")
    return answer(200, {"usage": shown})
