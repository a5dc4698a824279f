# SPDX-License-Identifier: Apache-2.0
"""Volumes."""

from kic_vm.policies import base

_ALL = "/api/v1/volumes"
_ONE = "/api/v1/volumes/{volume_id}"

RULES = [
    base.rule("volumes:create", base.PROJECT_MEMBER, "Create a volume.", ("POST", _ALL)),
    base.rule("volumes:list", base.PROJECT_READER, "List volumes.", ("GET", _ALL)),
    base.rule(
        "volumes:list_types", base.PROJECT_READER, "List volume types.", ("GET", f"{_ALL}/types")
    ),
    base.rule("volumes:get", base.PROJECT_READER, "Show one volume.", ("GET", _ONE)),
    base.rule("volumes:update", base.PROJECT_MEMBER, "Update a volume.", ("PUT", _ONE)),
    base.rule("volumes:delete", base.PROJECT_MEMBER, "Delete a volume.", ("DELETE", _ONE)),
    base.rule("volumes:extend", base.PROJECT_MEMBER, "Extend a volume.", ("POST", f"{_ONE}/size")),
]
