"""Neutron: security groups, their rules and their tags."""

from kic_vm.adapters.connection import JSON, path
from kic_vm.adapters.network_lists import NetworkLists


class SecurityGroups(NetworkLists):
    """The part of the network service that is about security groups."""

    def list_security_groups(self) -> list[JSON]:
        """The project's security groups: id and name."""
        return self._list_security_groups(["id", "name"])

    def list_whole_security_groups(self) -> list[JSON]:
        """The project's security groups with their rules and tags; one call."""
        return self._list_security_groups(None)

    def list_described_security_groups(self, description: str) -> list[JSON]:
        """The project's security groups of this very description, with rules and tags."""
        return self.list_all(
            "security-groups", project_id=self._context.project_id, description=description
        )

    def _list_security_groups(self, fields: list[str] | None) -> list[JSON]:
        return self.list_all("security-groups", project_id=self._context.project_id, fields=fields)

    def get_security_group(self, group_id: str) -> JSON:
        """One security group; with a cloud admin's token it may be another project's."""
        found: JSON = self.json(
            "GET", path("security-groups", group_id, fields=["id", "project_id"])
        )["security_group"]
        return found

    def get_whole_security_group(self, group_id: str) -> JSON:
        """One security group with its rules and tags; it may be another project's, too."""
        found: JSON = self.json("GET", path("security-groups", group_id))["security_group"]
        return found

    def create_security_group(self, group: JSON) -> JSON:
        """A new security group, with the rules that Neutron has put into it by itself."""
        created: JSON = self.json("POST", "/security-groups", json={"security_group": group})[
            "security_group"
        ]
        return created

    def update_security_group(self, group_id: str, changes: JSON) -> JSON:
        """Change a security group; the answer is the whole of it."""
        updated: JSON = self.json(
            "PUT", path("security-groups", group_id), json={"security_group": changes}
        )["security_group"]
        return updated

    def delete_security_group(self, group_id: str) -> None:
        """Remove a security group with its rules.

        :raises Conflict: a port is in it
        """
        self.request("DELETE", path("security-groups", group_id))

    def list_ports_in_group(self, group_id: str) -> list[JSON]:
        """The ports in a security group that the caller may see: id and machine."""
        return self.list_all("ports", security_groups=group_id, fields=["id", "device_id"])

    def create_security_group_rules(self, rules: list[JSON]) -> list[JSON]:
        """Make all of ``rules`` or none.

        :raises AlreadyExists: the group has one of them, whatever its description
        """
        created: list[JSON] = self.json(
            "POST", "/security-group-rules", json={"security_group_rules": rules}
        )["security_group_rules"]
        return created

    def delete_security_group_rule(self, rule_id: str) -> None:
        """Remove a rule."""
        self.request("DELETE", path("security-group-rules", rule_id))

    def tag_security_group(self, group_id: str, tag: str) -> None:
        """Add a tag; the others stay as they are, also when they are changed meanwhile.

        :param tag: ASCII without slashes, for it stands in a path; at most 255 characters
        """
        self.request("PUT", path("security-groups", group_id, "tags", tag))

    def untag_security_group(self, group_id: str, tag: str) -> None:
        """Remove a tag.

        :raises NotFound: it is not there
        """
        self.request("DELETE", path("security-groups", group_id, "tags", tag))
