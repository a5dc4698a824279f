# SPDX-License-Identifier: Apache-2.0
"""Members of the project."""

from typing import Any

import flask

from kic_vm.api.blueprint import Blueprint, answer, page, services
from kic_vm.operations.projects import members as operations
from kic_vm.schemas import project_members as schemas

blueprint = Blueprint(
    "project-members", __name__, url_prefix="/api/v1/projects/<project_id>/members"
)


@blueprint.get("")
@blueprint.arguments(schemas.MemberListQuerySchema, location="query")
@blueprint.response(200, schemas.MemberPageSchema)
def list_members(query: dict[str, Any], project_id: str) -> flask.Response:
    """List who works in the project, and as what."""
    return page("members", operations.list_members(services(), project_id, query))


@blueprint.post("")
@blueprint.arguments(schemas.MemberCreateEnvelopeSchema)
@blueprint.response(201, schemas.MemberEnvelopeSchema)
def add_member(body: dict[str, schemas.MemberCreateBody], project_id: str) -> flask.Response:
    """Have a user work in the project."""
    return answer(201, {"member": operations.add_member(services(), project_id, body["member"])})


@blueprint.put("/<user_id>")
@blueprint.arguments(schemas.MemberUpdateEnvelopeSchema)
@blueprint.response(200, schemas.MemberEnvelopeSchema)
def update_member(body: dict[str, dict[str, str]], project_id: str, user_id: str) -> flask.Response:
    """Have a member work in another role."""
    role = body["member"]["role"]
    return answer(200, {"member": operations.update_member(services(), project_id, user_id, role)})


@blueprint.delete("/<user_id>")
@blueprint.response(204)
def remove_member(project_id: str, user_id: str) -> flask.Response:
    """Have a member work in the project no longer."""
    operations.remove_member(services(), project_id, user_id)
    return answer(204)
