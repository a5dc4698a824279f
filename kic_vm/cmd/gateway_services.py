# SPDX-License-Identifier: Apache-2.0
"""Commands that act with the gateway's own user."""

from collections.abc import Callable, Sequence
from typing import Final

from kic_vm import conf as configuration
from kic_vm import deploy, exceptions
from kic_vm.cmd import failures, startup
from kic_vm.conf import logs
from kic_vm.context import RequestContext
from kic_vm.operations.request import RequestServices

_COMMAND: Final = "kic-vm-manage"


def act(arguments: Sequence[str], command: Callable[[RequestServices], int]) -> int:
    """Run a command with the gateway's own user; the exit status.

    Only the command writes to standard output; the log and errors go to standard error.

    :param arguments: those for oslo.config
    """
    try:
        with logs.held_back():
            conf = configuration.load(arguments)
            conf.set_default("use_stderr", True)
            app_state = deploy.load_app_state(conf)
            logs.setup(conf)
    except failures.WRONG as error:
        return failures.report(_COMMAND, error)
    startup.warn_of_unknown_options(conf)
    try:
        return command(
            RequestServices.of(app_state, RequestContext(auth=app_state.cloud.service_auth))
        )
    except exceptions.KicVmError as error:
        return failures.report(_COMMAND, error, failures.FAILED)
