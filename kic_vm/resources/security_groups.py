# SPDX-License-Identifier: Apache-2.0
"""Neutron: security groups and their rules; the names of the types follow ``network``."""

from typing import NotRequired, TypedDict


class SecurityGroupSummary(TypedDict):
    """A security group, as ``GET /security-groups`` lists it with these fields."""

    id: str
    name: str


class SecurityGroupOwner(TypedDict):
    """A security group, as ``GET /security-groups/{id}`` returns it with these fields."""

    id: str
    project_id: str


class SecurityGroupRuleRequest(TypedDict):
    """A rule in the body of ``POST /security-group-rules``."""

    security_group_id: str
    direction: str
    ethertype: str
    protocol: str | None
    port_range_min: int | None
    port_range_max: int | None
    remote_ip_prefix: str | None
    remote_group_id: str | None
    remote_address_group_id: NotRequired[str | None]
    description: str | None


class SecurityGroupRule(SecurityGroupRuleRequest):
    """A rule of a security group, as its group and ``POST /security-group-rules`` return it."""

    id: str
    project_id: str
    created_at: str
    updated_at: str


class SecurityGroup(SecurityGroupSummary):
    """A security group with its rules, as ``GET /security-groups/{id}`` returns it."""

    project_id: str
    description: str | None
    stateful: NotRequired[bool]
    tags: list[str]
    security_group_rules: list[SecurityGroupRule]
    created_at: str
    updated_at: str


class SecurityGroupRequest(TypedDict):
    """The body of ``POST /security-groups``."""

    name: str
    description: str
