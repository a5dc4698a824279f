# SPDX-License-Identifier: Apache-2.0
"""kic-vm-status: checks whether the cloud meets the gateway's requirements."""

import argparse
import json
import sys
from typing import Final

from oslo_config import cfg
from oslo_upgradecheck import upgradecheck

from kic_vm import conf as configuration
from kic_vm import deploy
from kic_vm.cmd import arguments, failures
from kic_vm.conf import logs
from kic_vm.context import RequestContext
from kic_vm.operations.checks import events, identity, ports, records, resources, services
from kic_vm.operations.checks.finding import Check, Level
from kic_vm.operations.request import RequestServices

_COMMAND: Final = "kic-vm-status"
CHECKS: Final[dict[str, Check]] = {
    "Keystone": identity.keystone,
    "Roles of the gateway's user": identity.roles,
    "Grants of the gateway's user": identity.grants,
    "Roles of project members": identity.project_roles,
    "Service catalog": identity.catalog,
    "Clocks": identity.clocks,
    "Microversions": services.microversions,
    "Neutron extensions": services.extensions,
    "Flavors": resources.flavors,
    "Images": resources.images,
    "Record of deleted servers": records.archiving,
    "Redis": services.redis_store,
    "Events": events.follower,
    "Ports": ports.worker_port,
}
_CODES: Final = {
    Level.SUCCESS: upgradecheck.Code.SUCCESS,
    Level.WARNING: upgradecheck.Code.WARNING,
    Level.FAILURE: upgradecheck.Code.FAILURE,
}


class Checks(upgradecheck.UpgradeCommands):  # type: ignore[misc, unused-ignore]
    """``upgrade check``: the result of each check, and the worst result as exit status."""

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self._conf = conf
        self._upgrade_checks = tuple((name, _UpgradeCheck(check)) for name, check in CHECKS.items())
        self.gateway: RequestServices | None = None

    def check(self) -> upgradecheck.Code:
        """Check the configured cloud."""
        try:
            with logs.held_back():
                app_state = deploy.load_app_state(self._conf)
        except failures.WRONG as error:
            return upgradecheck.Code(_report(error, is_json=self._conf.command.json))
        self.gateway = RequestServices.of(
            app_state, RequestContext(auth=app_state.cloud.service_auth)
        )
        return super().check()


def _report(error: Exception, *, is_json: bool) -> int:
    """Report a configuration that cannot be used, and return the exit status.

    :param is_json: also print it as a failed check, in the form of oslo.upgradecheck
    """
    if is_json:
        check = {
            "check": "Configuration",
            "result": upgradecheck.Code.FAILURE,
            "details": failures.one_line(error),
        }
        print(json.dumps({"name": Checks.display_title, "checks": [check]}))
    return failures.report(_COMMAND, error)


class _UpgradeCheck:
    """A check in the form that oslo.upgradecheck calls."""

    def __init__(self, check: Check) -> None:
        self._check = check

    def __call__(self, checks: Checks) -> upgradecheck.Result:
        """The result of the check."""
        assert checks.gateway is not None, "checks run after the configuration is loaded"  # noqa: S101
        level, sentence = self._check(checks.gateway)
        return upgradecheck.Result(_CODES[level], sentence)


def parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    whole = arguments.new_parser(_COMMAND, __doc__)
    upgrade = whole.add_subparsers(required=True, metavar="COMMAND").add_parser(
        "upgrade", help="check the gateway before and after an upgrade"
    )
    check = upgrade.add_subparsers(required=True, metavar="COMMAND").add_parser(
        "check", help="check whether the cloud meets the gateway's requirements"
    )
    check.add_argument("--json", action="store_true", help="print the results as JSON")
    return whole


def main() -> int:
    """Run the subcommand that the arguments name."""
    args = arguments.parse(parser(), sys.argv[1:])
    try:
        with logs.held_back():
            conf = configuration.load(args.configuration)
    except cfg.Error as error:
        return _report(error, is_json=args.json)
    conf.register_opt(cfg.BoolOpt("json", default=args.json), "command")
    upgradecheck.CONF = conf  # oslo.upgradecheck reads [command] json from it
    return int(Checks(conf).check())


if __name__ == "__main__":
    sys.exit(main())
