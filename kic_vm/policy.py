"""The enforcer: oslo.policy with the rules of kic_vm.policies."""

import time
from typing import Final

from oslo_config import cfg
from oslo_policy import policy

from kic_vm import conf as configuration
from kic_vm import policies
from kic_vm.context import RequestContext

_LOOKED_AT_EVERY: Final = 1.0  # second


class Enforcer(policy.Enforcer):
    """oslo.policy's, which looks at the operator's files once a second and not for each request."""

    _next_look = 0.0

    def load_rules(self, force_reload: bool = False) -> None:
        """Load the rules where they have changed; see oslo.policy."""
        now = time.monotonic()
        if force_reload or now >= self._next_look:
            super().load_rules(force_reload)
            self._next_look = now + _LOOKED_AT_EVERY


def create_enforcer(conf: cfg.ConfigOpts) -> Enforcer:
    """An enforcer for the rules and what the operator's policy file changes in them."""
    enforcer = Enforcer(conf)
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
