# SPDX-License-Identifier: Apache-2.0
"""Images and their members."""

from kic_vm.policies import base

_ALL = "/api/v1/images"
_ONE = "/api/v1/images/{image_id}"
_MEMBER = f"{_ONE}/members/{{member_id}}"

RULES = [
    base.rule("images:list", base.PROJECT_READER, "List images.", ("GET", _ALL)),
    base.rule("images:get", base.PROJECT_READER, "Show one image.", ("GET", _ONE)),
    base.rule(
        "images:create",
        base.PROJECT_MEMBER,
        "Create an image from a root volume.",
        ("POST", "/api/v1/volumes/{volume_id}/image"),
    ),
    base.rule("images:update", base.PROJECT_MEMBER, "Update an image.", ("PUT", _ONE)),
    base.rule("images:delete", base.PROJECT_MEMBER, "Delete an image.", ("DELETE", _ONE)),
    base.rule(
        "images:list_members",
        base.PROJECT_READER,
        "List the projects that an image is shared with.",
        ("GET", f"{_ONE}/members"),
    ),
    base.rule(
        "images:add_member",
        base.PROJECT_MEMBER,
        "Share an image with another project.",
        ("POST", _MEMBER),
    ),
    base.rule(
        "images:remove_member",
        base.PROJECT_MEMBER,
        "Stop sharing an image with a project.",
        ("DELETE", _MEMBER),
    ),
]
