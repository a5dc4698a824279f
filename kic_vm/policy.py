"""The enforcer: oslo.policy with the rules of kic_vm.policies."""

from oslo_config import cfg
from oslo_policy import policy

from kic_vm import conf as configuration
from kic_vm import policies
from kic_vm.context import RequestContext


def create_enforcer(conf: cfg.ConfigOpts) -> policy.Enforcer:
    """An enforcer for the rules and what the operator's policy file changes in them."""
    enforcer = policy.Enforcer(conf)
    enforcer.register_defaults(policies.list_rules())
    enforcer.load_rules()
    return enforcer


def allows(enforcer: policy.Enforcer, rule: str, context: RequestContext) -> bool:
    """Whether the caller's roles satisfy a rule.

    Operations work in the project of the token only, so that is what rules are asked about.
    """
    target = {"project_id": context.project_id, "user_id": context.user_id}
    return bool(enforcer.authorize(rule, target, context))


def get_enforcer() -> policy.Enforcer:
    """The enforcer of the default configuration, for oslo.policy's own commands."""
    return create_enforcer(configuration.load())
