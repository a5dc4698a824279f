# SPDX-License-Identifier: Apache-2.0
"""Subnets."""

from kic_vm.policies import base

_ALL = "/api/v1/subnets"
_ONE = f"{_ALL}/{{subnet_id}}"
_PROJECTS = f"{_ONE}/projects"


RULES = [
    base.rule(
        "subnets:create",
        base.PROJECT_MEMBER,
        "Create a subnet.",
        ("POST", _ALL),
    ),
    base.rule(
        "subnets:list",
        base.PROJECT_READER,
        "List subnets.",
        ("GET", _ALL),
    ),
    base.rule(
        "subnets:get",
        base.PROJECT_READER,
        "Show one subnet.",
        ("GET", _ONE),
    ),
    base.rule(
        "subnets:update",
        base.PROJECT_MEMBER,
        "Update a subnet.",
        ("PUT", _ONE),
    ),
    base.rule(
        "subnets:delete",
        base.PROJECT_MEMBER,
        "Delete a subnet.",
        ("DELETE", _ONE),
    ),
    base.rule(
        "subnets:list_projects",
        base.PROJECT_READER,
        "List the projects that a subnet is shared with.",
        ("GET", _PROJECTS),
    ),
    base.rule(
        "subnets:share",
        base.PROJECT_MEMBER,
        "Share a subnet with a project.",
        ("POST", f"{_PROJECTS}/{{project_id}}"),
    ),
    base.rule(
        "subnets:unshare",
        base.PROJECT_MEMBER,
        "Stop sharing a subnet with a project.",
        ("DELETE", f"{_PROJECTS}/{{project_id}}"),
    ),
]
