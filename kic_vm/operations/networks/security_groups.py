# SPDX-License-Identifier: Apache-2.0
"""Security groups: create, get, list, update, delete."""

import datetime
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from kic_vm import exceptions
from kic_vm.adapters.parallel import run_in_threads
from kic_vm.cache.stored_lists import Pagination
from kic_vm.mappings import request_marks
from kic_vm.mappings import security_groups as mapping
from kic_vm.mappings.security_groups import ChangedSecurityGroupView, SecurityGroupView
from kic_vm.operations import earlier_attempts, listing, recent_lists
from kic_vm.operations.changes import given_changes
from kic_vm.operations.ownership import get_own_security_group
from kic_vm.operations.request import RequestServices
from kic_vm.operations.rollback import all_or_nothing
from kic_vm.resources.network import PortDevice
from kic_vm.resources.security_groups import SecurityGroup, SecurityGroupRule
from kic_vm.schemas.security_groups import (
    SecurityGroupCreateBody,
    SecurityGroupListQuerySchema,
    SecurityGroupUpdateBody,
)

# The group that Neutron creates for each project; no other group can have this name.
DEFAULT: Final = "default"
_SHOWN_USERS: Final = 5
# The longest time from a group to its first rules.
_FIRST_SECONDS: Final = datetime.timedelta(seconds=1)
_FILTERS: Final = listing.filters_of(SecurityGroupListQuerySchema)


def get_security_group(services: RequestServices, group_id: str) -> SecurityGroupView:
    """One group. 2 upstream calls side by side.

    :raises NotFound: the project has no group with this id
    """
    group, names = run_in_threads(
        partial(get_own_security_group, services, group_id), partial(_names, services)
    )
    return mapping.read_group(group, services.context.project_name, names)


def list_security_groups(
    services: RequestServices, query: Mapping[str, Any]
) -> tuple[list[SecurityGroupView], Pagination]:
    """A page of the project's groups. One upstream call."""
    return recent_lists.page(services, "security-groups", _all_security_groups, query, _FILTERS)


def _all_security_groups(services: RequestServices) -> list[SecurityGroupView]:
    groups = services.openstack.network.list_whole_security_groups()
    names = {group["id"]: group["name"] for group in groups}
    project_name = services.context.project_name
    return [mapping.read_group(group, project_name, names) for group in groups]


def create_security_group(
    services: RequestServices, body: SecurityGroupCreateBody
) -> ChangedSecurityGroupView:
    """Create a group without rules.

    Neutron adds rules that allow all outgoing traffic. They are deleted, not hidden, so that the
    rules shown are the rules in force. If one cannot be deleted, the group is deleted. 5 upstream
    calls, the last three side by side; with an Idempotency-Key, one more before them.

    :raises AlreadyExists: the project has a group with this name, or got one at the same time; the
        group that an earlier attempt created stays then
    """
    network = services.openstack.network
    description = request_marks.marked_description(
        body["description"] or "", services.context.idempotent_request
    )
    existing = earlier_attempts.find_marked(
        services, network.list_security_group_descriptions, network.get_whole_security_group
    )
    if existing:
        # If another group has the name too, this one stays: it can be in use by now.
        first = [rule for rule in existing["security_group_rules"] if _came_with(existing, rule)]
        finished, _ = run_in_threads(
            partial(_without_rules, services, existing, first),
            partial(_refuse_doubled, services, existing),
        )
        return mapping.changed_group(finished)
    _refuse_taken(_names(services), body["name"])
    with all_or_nothing() as undo:
        group = network.create_security_group({"name": body["name"], "description": description})
        undo(partial(network.delete_security_group, group["id"]))
        first = group["security_group_rules"]
        finished, _ = run_in_threads(
            partial(_without_rules, services, group, first),
            partial(_refuse_doubled, services, group),
        )
    return mapping.changed_group(finished)


def _came_with(group: SecurityGroup, rule: SecurityGroupRule) -> bool:
    """Whether Neutron created a rule with its group: one that allows all outgoing traffic."""
    group_time, rule_time = (
        datetime.datetime.fromisoformat(resource["created_at"]) for resource in (group, rule)
    )
    is_general = not (
        rule["protocol"]
        or rule["remote_ip_prefix"]
        or rule["remote_group_id"]
        or rule["port_range_min"]
    )
    return rule["direction"] == "egress" and is_general and rule_time - group_time <= _FIRST_SECONDS


def _without_rules(
    services: RequestServices, group: SecurityGroup, rules: list[SecurityGroupRule]
) -> SecurityGroup:
    """Delete some of a group's rules; the group without them."""
    run_in_threads(*(partial(drop_rule, services, rule["id"]) for rule in rules))
    left = [rule for rule in group["security_group_rules"] if rule not in rules]
    return {**group, "security_group_rules": left}


def update_security_group(
    services: RequestServices, group_id: str, changes: SecurityGroupUpdateBody
) -> ChangedSecurityGroupView:
    """Change a group's name or description. 2 upstream calls side by side, then the change.

    One more call if the name changes.

    :param changes: ``name`` and ``description``; null clears the description, a name that is
        null or missing stays
    :raises NotFound: the project has no group with this id
    :raises AlreadyExists: another group has this name, or got it at the same time
    :raises Conflict: the project's default group cannot be renamed
    """
    requested = given_changes("security_group", changes)
    group, names = run_in_threads(
        partial(get_own_security_group, services, group_id), partial(_names, services)
    )
    if requested.get("name") == group["name"]:
        del requested["name"]
    elif "name" in requested:
        if group["name"] == DEFAULT:
            raise exceptions.Conflict(
                "This is the project's default security group: it keeps its name."
            )
        _refuse_taken(names, requested["name"])
    if "description" in requested:
        requested["description"] = request_marks.changed_description(
            group["description"], requested["description"] or ""
        )
    if not requested:
        return mapping.changed_group(group)
    network, before = services.openstack.network, {key: group[key] for key in requested}
    with all_or_nothing() as undo:
        changed = network.update_security_group(group["id"], requested)
        undo(partial(network.update_security_group, group["id"], before))
        if "name" in requested:
            _refuse_doubled(services, changed)
    return mapping.changed_group(changed)


def delete_security_group(services: RequestServices, group_id: str) -> None:
    """Delete a group with its rules. 2 upstream calls; if it is in use, one more to name the users.

    :raises NotFound: the project has no group with this id
    :raises Conflict: network interfaces use it, or it is the project's default group
    """
    group = get_own_security_group(services, group_id)
    if group["name"] == DEFAULT:
        raise exceptions.Conflict(
            "This is the project's default security group: it cannot be deleted."
        )
    network = services.openstack.network
    try:
        network.delete_security_group(group["id"])
    except exceptions.Conflict as error:
        if ports := network.list_ports_in_group(group["id"]):
            raise exceptions.Conflict(
                f"The security group is in use by {_told(ports)}: take them out of it first.",
                network_interfaces=[port["id"] for port in ports],
            ) from error
        raise


def _names(services: RequestServices) -> dict[str, str]:
    return {
        group["id"]: group["name"] for group in services.openstack.network.list_security_groups()
    }


def _refuse_taken(names: Mapping[str, str], name: str) -> None:
    """Keep names unique, as documented; Neutron allows duplicates."""
    if name in names.values():
        raise exceptions.AlreadyExists(
            f"name: the security group {name!r} already exists: choose another name."
        )


def _refuse_doubled(services: RequestServices, group: SecurityGroup) -> None:
    """Refuse a name that another group got at the same time. One upstream call.

    Two simultaneous requests may both be refused, but cannot both succeed: each checks after its
    own group exists.
    """
    others = [name for group_id, name in _names(services).items() if group_id != group["id"]]
    if group["name"] in others:
        raise exceptions.AlreadyExists(
            f"name: another request gave a security group the name {group['name']!r} at the same "
            "time. List the security groups, then try again or choose another name."
        )


def drop_rule(services: RequestServices, rule_id: str) -> None:
    """Delete one of Neutron's rules; a rule that is already gone is ignored."""
    try:
        services.openstack.network.delete_security_group_rule(rule_id)
    except exceptions.NotFound:
        return


def _told(ports: list[PortDevice]) -> str:
    one_by_one = [
        port["id"] + (f" (of {port['device_id']})" if port["device_id"] else "")
        for port in ports[:_SHOWN_USERS]
    ]
    more = f" and {len(ports) - _SHOWN_USERS} more" if len(ports) > _SHOWN_USERS else ""
    return f"the network interfaces {', '.join(one_by_one)}{more}"
