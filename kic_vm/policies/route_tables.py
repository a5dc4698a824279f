# SPDX-License-Identifier: Apache-2.0
"""Route tables, their routes and associations."""

from kic_vm.policies import base

_ALL = "/api/v1/route-tables"
_ONE = f"{_ALL}/{{route_table_id}}"
_ASSOCIATIONS = f"{_ONE}/associations"
_ROUTES = f"{_ONE}/routes"


RULES = [
    base.rule(
        "route_tables:create",
        base.PROJECT_MEMBER,
        "Create a route table.",
        ("POST", _ALL),
    ),
    base.rule(
        "route_tables:list",
        base.PROJECT_READER,
        "List route tables.",
        ("GET", _ALL),
    ),
    base.rule(
        "route_tables:get",
        base.PROJECT_READER,
        "Show one route table.",
        ("GET", _ONE),
    ),
    base.rule(
        "route_tables:update",
        base.PROJECT_MEMBER,
        "Rename a route table.",
        ("PUT", _ONE),
    ),
    base.rule(
        "route_tables:delete",
        base.PROJECT_MEMBER,
        "Delete a route table.",
        ("DELETE", _ONE),
    ),
    base.rule(
        "route_tables:set_main",
        base.PROJECT_MEMBER,
        "Set the main route table of a VPC.",
        ("PUT", f"{_ONE}/main"),
    ),
    base.rule(
        "route_tables:list_associations",
        base.PROJECT_READER,
        "List the associations of a route table.",
        ("GET", _ASSOCIATIONS),
    ),
    base.rule(
        "route_tables:update_association",
        base.PROJECT_MEMBER,
        "Associate a subnet with another route table.",
        ("PUT", f"{_ASSOCIATIONS}/{{association_id}}"),
    ),
    base.rule(
        "route_tables:add_route",
        base.PROJECT_MEMBER,
        "Add a route.",
        ("POST", _ROUTES),
    ),
    base.rule(
        "route_tables:update_route",
        base.PROJECT_MEMBER,
        "Update a route.",
        ("PUT", f"{_ROUTES}/{{route_id}}"),
    ),
    base.rule(
        "route_tables:delete_route",
        base.PROJECT_MEMBER,
        "Delete a route.",
        ("DELETE", f"{_ROUTES}/{{route_id}}"),
    ),
]
