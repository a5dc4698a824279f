# SPDX-License-Identifier: Apache-2.0
"""Members of the project: as documented, for project admins only."""

from kic_vm.policies import base

_ALL = "/api/v1/projects/{project_id}/members"
_ONE = f"{_ALL}/{{user_id}}"

RULES = [
    base.rule("project_members:list", base.PROJECT_ADMIN, "List members.", ("GET", _ALL)),
    base.rule("project_members:add", base.PROJECT_ADMIN, "Add a member.", ("POST", _ALL)),
    base.rule(
        "project_members:update", base.PROJECT_ADMIN, "Change a member's role.", ("PUT", _ONE)
    ),
    base.rule("project_members:remove", base.PROJECT_ADMIN, "Remove a member.", ("DELETE", _ONE)),
]
