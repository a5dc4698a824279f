# SPDX-License-Identifier: Apache-2.0
"""Quotas."""

import flask

from kic_vm.api.blueprint import Blueprint, answer, services
from kic_vm.operations.projects import quotas as operations
from kic_vm.schemas.quotas import QuotasSchema

blueprint = Blueprint("quotas", __name__, url_prefix="/api/v1/quotas")


@blueprint.get("")
@blueprint.response(200, QuotasSchema)
def get_quotas() -> flask.Response:
    """Show how much the project may have, and how much it has."""
    return answer(200, {"quotas": operations.get_quotas(services())})
