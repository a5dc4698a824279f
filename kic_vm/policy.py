"""The enforcer: oslo.policy with the rules of kic_vm.policies."""

import time
from typing import Final

from oslo_config import cfg
from oslo_policy import policy

from kic_vm import conf as configuration
from kic_vm import policies
from kic_vm.context import RequestContext

_RELOAD_INTERVAL: Final = 1.0  # seconds


class Enforcer(policy.Enforcer):
    """oslo.policy's enforcer, which checks the policy files once a second, not for each request."""

    _next_check = 0.0

    def load_rules(self, force_reload: bool = False) -> None:
        """Load the rules if they have changed; see oslo.policy."""
        now = time.monotonic()
        if force_reload or now >= self._next_check:
            super().load_rules(force_reload)
            self._next_check = now + _RELOAD_INTERVAL


def create_enforcer(conf: cfg.ConfigOpts) -> Enforcer:
    """An enforcer for the default rules and the overrides in the operator's policy file."""
    enforcer = Enforcer(conf)
    enforcer.register_defaults(policies.list_rules())
    enforcer.load_rules()
    return enforcer


def allows(enforcer: policy.Enforcer, rule: str, context: RequestContext) -> bool:
    """Whether the caller's roles satisfy a rule.

    The target is the project of the token, because operations work only in that project.
    """
    target = {"project_id": context.project_id, "user_id": context.user_id}
    return bool(enforcer.authorize(rule, target, context))


def get_enforcer() -> policy.Enforcer:
    """The enforcer of the default configuration, for oslo.policy's own commands."""
    return create_enforcer(configuration.load())
