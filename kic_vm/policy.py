# SPDX-License-Identifier: Apache-2.0
"""The enforcer: oslo.policy with the rules of kic_vm.policies."""

import copy
import time
from pathlib import Path
from typing import Final

from oslo_config import cfg
from oslo_log import log as logging
from oslo_policy import policy

from kic_vm import conf as configuration
from kic_vm import policies
from kic_vm.context import RequestContext

LOG = logging.getLogger(__name__)

_RELOAD_INTERVAL: Final = 1.0  # seconds
_NAMESPACE: Final = "kic_vm:"


class Enforcer(policy.Enforcer):
    """oslo.policy's enforcer, which checks the policy files once a second, not for each request."""

    _next_check = 0.0
    _is_loaded = False
    _last_problem: str | None = None
    _last_unknown: frozenset[str] = frozenset()

    def load_rules(self, force_reload: bool = False) -> None:
        """Load the rules if they have changed; see oslo.policy.

        If the changed files cannot be used, the present rules stay in force, and the log shows why.

        :raises oslo_config.cfg.Error: the files cannot be used, and no rules are loaded yet
        """
        now = time.monotonic()
        if not force_reload and now < self._next_check:
            return
        self._next_check = now + _RELOAD_INTERVAL
        kept = copy.copy(self.rules), dict(self.file_rules)
        try:
            super().load_rules(force_reload)
            self._check_syntax()
        except Exception as error:  # oslo.policy converts only some
            if not self._is_loaded:
                raise cfg.ConfigFileValueError(self._problem(error)) from error
            self.rules, self.file_rules = kept
            self._read_again()
            self._log_once(self._problem(error))
        else:
            self._is_loaded, self._last_problem = True, None
            self._warn_of_unknown_rules()

    def _check_syntax(self) -> None:
        """oslo.policy only logs a syntax error, and denies everybody the operation.

        :raises ValueError: a rule has a syntax error
        """
        for name, rule in self.file_rules.items():
            if "!" in str(rule.check) and "!" not in str(rule.check_str):
                raise ValueError(f"the rule {name} cannot be parsed: {rule.check_str}")

    def _warn_of_unknown_rules(self) -> None:
        names = {name for name in self.file_rules if name.startswith(_NAMESPACE)}
        unknown = frozenset(names - self.registered_rules.keys())
        if unknown and unknown != self._last_unknown:
            LOG.warning(
                "[oslo_policy] policy_file: unknown rule %s: it guards nothing. Correct the name",
                ", ".join(sorted(unknown)),
            )
        self._last_unknown = unknown

    def _read_again(self) -> None:
        """Let the next check read the files again, even if they have not changed."""
        self._file_cache.clear()
        self._policy_dir_mtimes.clear()

    def _log_once(self, problem: str) -> None:
        if problem != self._last_problem:
            LOG.error("The present policy rules stay in force: %s", problem)
            self._last_problem = problem

    def _problem(self, error: Exception) -> str:
        names = (self.policy_file, *self.conf.oslo_policy.policy_dirs)
        paths = ", ".join(path for name in names if (path := self.conf.find_file(name)))
        reason = " ".join(str(error).split())
        if not isinstance(error, ValueError | cfg.Error):  # the YAML is valid
            reason = "it must map names of rules to check strings"
        return f"[oslo_policy] policy_file: {paths} cannot be used: {reason}"


def create_enforcer(conf: cfg.ConfigOpts) -> Enforcer:
    """An enforcer for the default rules and the overrides in the operator's policy file.

    :raises oslo_config.cfg.Error: the policy files cannot be used
    """
    _check_existence(conf)
    enforcer = Enforcer(conf)
    enforcer.register_defaults(policies.list_rules())
    enforcer.load_rules()
    if enforcer.policy_path and not Path(enforcer.policy_path).is_file():
        raise cfg.ConfigFileValueError(
            f"[oslo_policy] policy_file: {enforcer.policy_path} is not a file"
        )
    return enforcer


def _check_existence(conf: cfg.ConfigOpts) -> None:
    """Refuse policy files that are configured but missing: their rules would not apply.

    :raises oslo_config.cfg.Error: one is missing, or has an empty name
    """
    for option in ("policy_file", "policy_dirs"):
        location = conf.get_location(option, "oslo_policy")
        if location is None or not location.location.is_user_controlled:
            continue
        value = conf.oslo_policy[option]
        for name in value if isinstance(value, list) else [value]:
            if not name:  # it would be the directory of the configuration
                raise cfg.ConfigFileValueError(f"[oslo_policy] {option}: it is empty")
            if conf.find_file(name) is None:
                raise cfg.ConfigFileValueError(f"[oslo_policy] {option}: {name} does not exist")


def allows(enforcer: policy.Enforcer, rule: str, context: RequestContext) -> bool:
    """Whether the caller's roles satisfy a rule.

    The target is the project of the token, because operations work only in that project.
    """
    target = {"project_id": context.project_id, "user_id": context.user_id}
    return bool(enforcer.authorize(rule, target, context))


def get_enforcer() -> policy.Enforcer:
    """The enforcer of the default configuration, for oslo.policy's own commands."""
    return create_enforcer(configuration.load())
