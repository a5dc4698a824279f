"""kic-vm-status: checks whether the cloud meets the gateway's requirements."""

import sys
from typing import Final

from oslo_config import cfg
from oslo_upgradecheck import upgradecheck

from kic_vm import conf as configuration
from kic_vm import deploy
from kic_vm.context import RequestContext
from kic_vm.operations.checks import events, identity, records, resources, services
from kic_vm.operations.checks.finding import Check, Level
from kic_vm.operations.request import RequestServices

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
            configuration.check(self._conf)
            app_state = deploy.load_app_state(self._conf)
        except cfg.Error as error:
            print(f"kic-vm-status: {error}", file=sys.stderr)
            return upgradecheck.Code.FAILURE
        self.gateway = RequestServices.of(
            app_state, RequestContext(auth=app_state.cloud.service_auth)
        )
        return super().check()


class _UpgradeCheck:
    """A check in the form that oslo.upgradecheck calls."""

    def __init__(self, check: Check) -> None:
        self._check = check

    def __call__(self, checks: Checks) -> upgradecheck.Result:
        """The result of the check."""
        assert checks.gateway is not None, "checks run after the configuration is loaded"  # noqa: S101
        level, sentence = self._check(checks.gateway)
        return upgradecheck.Result(_CODES[level], sentence)


def main() -> int:
    """Run the subcommand that the arguments name."""
    conf = configuration.create()
    try:
        return int(
            upgradecheck.main(
                conf, configuration.PROJECT, Checks(conf), sys.argv[1:], configuration.files()
            )
        )
    except cfg.Error as error:
        print(f"kic-vm-status: {error}", file=sys.stderr)
        return int(upgradecheck.Code.FAILURE)


if __name__ == "__main__":
    sys.exit(main())
