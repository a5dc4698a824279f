# SPDX-License-Identifier: Apache-2.0
"""Neutron: security groups, their rules and their tags."""

from collections.abc import Mapping

from kic_vm.adapters.network.lists import NetworkLists
from kic_vm.adapters.paging import Item
from kic_vm.adapters.paths import path
from kic_vm.resources.network import Described, PortDevice
from kic_vm.resources.security_groups import (
    SecurityGroup,
    SecurityGroupOwner,
    SecurityGroupRequest,
    SecurityGroupRule,
    SecurityGroupRuleRequest,
    SecurityGroupSummary,
)


class SecurityGroups(NetworkLists):
    """The part of the network service that manages security groups."""

    def list_security_groups(self) -> list[SecurityGroupSummary]:
        """The project's security groups: id and name."""
        return self._list_security_groups(["id", "name"])

    def list_whole_security_groups(self) -> list[SecurityGroup]:
        """The project's security groups with their rules and tags; one call."""
        return self._list_security_groups(None)

    def list_security_group_descriptions(self) -> list[Described]:
        """The project's security groups: id and description."""
        return self.list_descriptions("security-groups")

    def _list_security_groups(self, fields: list[str] | None) -> list[Item]:
        return self.list_all("security-groups", project_id=self._context.project_id, fields=fields)

    def get_security_group(self, group_id: str) -> SecurityGroupOwner:
        """One security group; with a cloud admin's token, it can belong to another project."""
        group: SecurityGroupOwner = self.json(
            "GET", path("security-groups", group_id, fields=["id", "project_id"])
        )["security_group"]
        return group

    def get_whole_security_group(self, group_id: str) -> SecurityGroup:
        """One security group with its rules and tags; it can belong to another project."""
        group: SecurityGroup = self.json("GET", path("security-groups", group_id))["security_group"]
        return group

    def create_security_group(self, group: SecurityGroupRequest) -> SecurityGroup:
        """Create a security group; it has the rules that Neutron adds by default."""
        created: SecurityGroup = self.json(
            "POST", "/security-groups", json={"security_group": group}
        )["security_group"]
        return created

    def update_security_group(self, group_id: str, changes: Mapping[str, str]) -> SecurityGroup:
        """Change a security group; returns the whole group."""
        updated: SecurityGroup = self.json(
            "PUT", path("security-groups", group_id), json={"security_group": changes}
        )["security_group"]
        return updated

    def delete_security_group(self, group_id: str) -> None:
        """Delete a security group with its rules.

        :raises Conflict: a port uses the group
        """
        self.request("DELETE", path("security-groups", group_id))

    def list_ports_in_group(self, group_id: str) -> list[PortDevice]:
        """The ports of a security group that the caller can see: id and device."""
        return self.list_all("ports", security_groups=group_id, fields=["id", "device_id"])

    def create_security_group_rules(
        self, rules: list[SecurityGroupRuleRequest]
    ) -> list[SecurityGroupRule]:
        """Create all of ``rules`` or none.

        :raises AlreadyExists: the group already has one of the rules, whatever its description
        """
        created: list[SecurityGroupRule] = self.json(
            "POST", "/security-group-rules", json={"security_group_rules": rules}
        )["security_group_rules"]
        return created

    def delete_security_group_rule(self, rule_id: str) -> None:
        """Delete a rule."""
        self.request("DELETE", path("security-group-rules", rule_id))

    def tag_security_group(self, group_id: str, tag: str) -> None:
        """Add a tag; other tags, and concurrent changes to them, are not affected.

        :param tag: ASCII without slashes, because it is part of a path; at most 255 characters
        """
        self.request("PUT", path("security-groups", group_id, "tags", tag))

    def untag_security_group(self, group_id: str, tag: str) -> None:
        """Remove a tag.

        :raises NotFound: the group does not have the tag
        """
        self.request("DELETE", path("security-groups", group_id, "tags", tag))
