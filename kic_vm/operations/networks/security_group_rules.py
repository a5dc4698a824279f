# SPDX-License-Identifier: Apache-2.0
"""Rules of security groups: create, delete."""

import contextlib
from collections.abc import Iterable
from functools import partial

from kic_vm import exceptions
from kic_vm.adapters import parallel
from kic_vm.adapters.http.interleaved import gather_reads
from kic_vm.mappings import security_group_rules as mapping
from kic_vm.mappings.security_group_rules import ChangedSecurityGroupRuleView
from kic_vm.operations import earlier_attempts
from kic_vm.operations.networks.security_groups import drop_rule
from kic_vm.operations.ownership import check_own_security_group, get_own_security_group
from kic_vm.operations.references import as_invalid_request
from kic_vm.operations.request import RequestServices
from kic_vm.operations.rollback import all_or_nothing, remains_noted
from kic_vm.resources.security_groups import SecurityGroup
from kic_vm.schemas.security_groups import SecurityGroupRuleCreateBody


def create_security_group_rule(
    services: RequestServices, group_id: str, body: SecurityGroupRuleCreateBody
) -> ChangedSecurityGroupRuleView:
    """Add a rule. 2 upstream calls; for a remote group, one more beside the first.

    Neutron refuses a rule that differs from another only in its description. That description is
    then stored in tags of the group: 3 upstream calls, and more side by side if it is long.

    :raises NotFound: the project has no group with this id
    :raises InvalidRequest: the project has no remote group with this id
    :raises AlreadyExists: the group has this rule with this description
    """
    group, _remote = gather_reads(
        partial(get_own_security_group, services, group_id),
        partial(_check_remote_group, services, group_id, body),
    )
    rules = mapping.neutron_rules(group["id"], body)
    content, description = mapping.content_of(rules[0]), body["description"] or ""
    alike = [
        rule for rule in mapping.rules_of(group) if mapping.content_of(rule.neutron[0]) == content
    ]
    earlier_attempts.note_absence(services)
    if not alike:
        made = services.openstack.network.create_security_group_rules(rules)
        return mapping.changed_rule(mapping.rules_from(made)[0])
    for rule in alike:
        if rule.description == description:
            if earlier_attempts.is_repeated(services):
                return mapping.changed_rule(rule)
            raise exceptions.AlreadyExists(f"The security group already has this rule: {rule.id}.")
    return mapping.changed_rule(_note(services, group, alike[0], description))


def delete_security_group_rule(services: RequestServices, group_id: str, rule_id: str) -> None:
    """Delete a rule. 2 upstream calls; more for a rule with a remote group: one per IP version.

    :raises NotFound: the project has no group with this id, or the group has no such rule
    """
    group = get_own_security_group(services, group_id)
    rules = mapping.rules_of(group)
    rule = next((known for known in rules if known.id == rule_id), None)
    if rule is None:
        raise exceptions.NotFound("The security group has no such rule.")
    network = services.openstack.network
    others = [other for other in rules if other.neutron == rule.neutron and other != rule]
    if others and not rule.tags:
        network.tag_security_group(group["id"], mapping.hiding_tag_for(rule))
        return
    needless = {*rule.tags}
    with remains_noted():
        if not others:
            # Delete the one whose id identifies the rule last, so that a client can retry.
            for neutron_rule in reversed(rule.neutron):
                drop_rule(services, neutron_rule["id"])
            needless.add(mapping.hiding_tag_for(rule))
        _untag(services, group["id"], needless.intersection(group["tags"]))


def _check_remote_group(
    services: RequestServices, group_id: str, body: SecurityGroupRuleCreateBody
) -> None:
    remote = body["remote_group_id"] and str(body["remote_group_id"])
    if remote and remote != group_id:
        with as_invalid_request("remote_group_id", "security group", remote):
            check_own_security_group(services, remote)


def _note(
    services: RequestServices, group: SecurityGroup, rule: mapping.GroupRule, description: str
) -> mapping.GroupRule:
    """Store a further description of a rule in tags of its group."""
    tags = mapping.tags_for(rule, description)
    network = services.openstack.network
    with all_or_nothing() as undo:
        undo(partial(_untag, services, group["id"], tags))
        parallel.run_in_threads(
            *(partial(network.tag_security_group, group["id"], tag) for tag in tags)
        )
        after = mapping.rules_of(get_own_security_group(services, group["id"]))
        noted = next((changed for changed in after if changed.tags == tags), None)
        if noted is None:  # the rule was deleted meanwhile
            raise exceptions.Conflict(
                "The rule was deleted by somebody else at the same moment: try again."
            )
    return noted


def _untag(services: RequestServices, group_id: str, tags: Iterable[str]) -> None:
    """Remove tags, side by side; missing tags are ignored."""
    parallel.run_in_threads(*(partial(_remove_tag, services, group_id, tag) for tag in tags))


def _remove_tag(services: RequestServices, group_id: str, tag: str) -> None:
    with contextlib.suppress(exceptions.NotFound):
        services.openstack.network.untag_security_group(group_id, tag)
