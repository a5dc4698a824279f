# SPDX-License-Identifier: Apache-2.0
"""The policy: rules as data, one module per resource."""

from oslo_policy import policy

from kic_vm.policies import (
    base,
    client_configuration,
    events,
    flavors,
    history,
    images,
    instance_actions,
    instance_logs,
    instance_network_interfaces,
    instance_passwords,
    instance_public_ips,
    instance_security_groups,
    instance_volumes,
    instances,
    keypairs,
    network_interfaces,
    project_members,
    public,
    public_ips,
    quotas,
    route_tables,
    security_groups,
    snapshots,
    subnets,
    volumes,
    vpcs,
)


def list_rules() -> list[policy.RuleDefault]:
    """All rules, for the enforcer and for oslopolicy-sample-generator."""
    return [*base.RULES, *guarding_rules(), *keypairs.INNER_RULES]


def guarding_rules() -> list[policy.DocumentedRuleDefault]:
    """The rules that guard operations."""
    modules = (
        public,
        client_configuration,
        flavors,
        images,
        instances,
        instance_actions,
        instance_logs,
        instance_network_interfaces,
        instance_passwords,
        instance_public_ips,
        instance_security_groups,
        instance_volumes,
        history,
        keypairs,
        security_groups,
        public_ips,
        volumes,
        snapshots,
        quotas,
        events,
        project_members,
        network_interfaces,
        route_tables,
        subnets,
        vpcs,
    )
    return [rule for module in modules for rule in module.RULES]
