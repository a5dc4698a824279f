# SPDX-License-Identifier: Apache-2.0
"""How a command reports a failure: one line on standard error, and an exit status."""

import sys
from typing import Final

from oslo_config import cfg

from kic_vm.lifecycle.model import LifecycleTableError
from kic_vm.middleware.routes import RouteError

FAILED: Final = 1
WRONG_CONFIGURATION: Final = 2
# What is raised for a configuration, a table or rules that cannot be used.
WRONG: Final = (cfg.Error, LifecycleTableError, RouteError)


def report(command: str, error: BaseException | str, status: int = WRONG_CONFIGURATION) -> int:
    """Print the one line of a failure; the exit status."""
    print(f"{command}: {one_line(error)}", file=sys.stderr)
    return status


def one_line(error: BaseException | str) -> str:
    """The message of an error; libraries break some of theirs into lines."""
    return " ".join(str(error).split())
