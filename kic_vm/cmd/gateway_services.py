"""Commands that act with the gateway's own user."""

import sys
from collections.abc import Callable

from oslo_config import cfg

from kic_vm import conf as configuration
from kic_vm import deploy, exceptions
from kic_vm.conf import logs
from kic_vm.context import RequestContext
from kic_vm.operations.request import RequestServices

FAILED, WRONG_CONFIGURATION = 1, 2


def act(config_file: str | None, command: Callable[[RequestServices], int]) -> int:
    """Run a command with the gateway's own user; the exit status.

    Only the command writes to standard output; the log and errors go to standard error.
    """
    try:
        conf = configuration.load(config_file=config_file)
        conf.set_default("use_stderr", True)
        logs.setup(conf)
        app_state = deploy.load_app_state(conf)
    except cfg.Error as error:
        print(f"kic-vm-manage: {error}", file=sys.stderr)
        return WRONG_CONFIGURATION
    try:
        return command(
            RequestServices.of(app_state, RequestContext(auth=app_state.cloud.service_auth))
        )
    except exceptions.KicVmError as error:
        print(f"kic-vm-manage: {error}", file=sys.stderr)
        return FAILED
