# SPDX-License-Identifier: Apache-2.0
"""Neutron security group -> security group of the contract."""

from collections.abc import Mapping
from typing import TypedDict

from kic_vm.mappings import security_group_rules
from kic_vm.mappings.request_marks import own_description
from kic_vm.mappings.security_group_rules import (
    ChangedSecurityGroupRuleView,
    SecurityGroupRuleView,
)
from kic_vm.mappings.times import utc
from kic_vm.resources.security_groups import SecurityGroup


class _GroupFields(TypedDict):
    """The fields of a security group in all responses."""

    id: str
    name: str
    description: str
    is_stateful: bool
    tags: list[str]
    created_at: str
    updated_at: str


class SecurityGroupView(_GroupFields):
    """A security group in the responses to get and list; see WholeSecurityGroupSchema."""

    project_id: str
    project_name: str | None
    rules: list[SecurityGroupRuleView]


class ChangedSecurityGroupView(_GroupFields):
    """A security group in the responses to create and update; see ChangedSecurityGroupSchema."""

    rules: list[ChangedSecurityGroupRuleView]


def _common_fields(group: SecurityGroup) -> _GroupFields:
    return {
        "id": group["id"],
        "name": group["name"],
        "description": own_description(group["description"]),
        # A cloud without the extension for stateless groups has only stateful ones.
        "is_stateful": group.get("stateful", True),
        "tags": [tag for tag in group["tags"] if not security_group_rules.is_ours(tag)],
        "created_at": utc(group["created_at"]),
        "updated_at": utc(group["updated_at"]),
    }


def read_group(
    group: SecurityGroup, project_name: str | None, group_names: Mapping[str, str]
) -> SecurityGroupView:
    """The contract's security group in the responses to get and list.

    :param group_names: names of the project's security groups by id
    """
    return {
        **_common_fields(group),
        "project_id": group["project_id"],
        "project_name": project_name,
        "rules": [
            security_group_rules.read_rule(rule, group_names)
            for rule in security_group_rules.rules_of(group)
        ],
    }


def changed_group(group: SecurityGroup) -> ChangedSecurityGroupView:
    """The contract's security group in the responses to creates and updates."""
    return {
        **_common_fields(group),
        "rules": [
            security_group_rules.changed_rule(rule) for rule in security_group_rules.rules_of(group)
        ],
    }
