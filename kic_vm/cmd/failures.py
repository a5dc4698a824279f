# SPDX-License-Identifier: Apache-2.0
"""The report of a failed command: one line on standard error, and an exit status."""

import sys
from typing import Final

from oslo_config import cfg

from kic_vm.data_files import StartError

FAILED: Final = 1
WRONG_CONFIGURATION: Final = 2
# Raised for a configuration, a data file or policy rules that cannot be used.
WRONG: Final = (cfg.Error, StartError)


def report(command: str, error: BaseException | str, status: int = WRONG_CONFIGURATION) -> int:
    """Print a failure in one line, and return the exit status."""
    print(f"{command}: {one_line(error)}", file=sys.stderr)
    return status


def one_line(error: BaseException | str) -> str:
    """The message of an error in one line; messages of libraries can have several lines."""
    return " ".join(str(error).split())
