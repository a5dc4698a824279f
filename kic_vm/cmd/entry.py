# SPDX-License-Identifier: Apache-2.0
"""The entry points of the commands.

Policy rules, schemas and paths are built from the data files of the package as soon as their
modules are imported. So a command is imported here, where an invalid or missing file can be
reported in one line.
"""

import importlib

from kic_vm.cmd import failures
from kic_vm.data_files import DataFileError


def api() -> int:
    """kic-vm-api."""
    return _run("kic-vm-api", "kic_vm.cmd.api")


def manage() -> int:
    """kic-vm-manage."""
    return _run("kic-vm-manage", "kic_vm.cmd.manage")


def status() -> int:
    """kic-vm-status."""
    return _run("kic-vm-status", "kic_vm.cmd.status")


def worker() -> int:
    """kic-vm-worker."""
    return _run("kic-vm-worker", "kic_vm.cmd.worker")


def _run(command: str, module: str) -> int:
    try:
        main = importlib.import_module(module).main
    except DataFileError as error:
        return failures.report(command, error)
    exit_status: int = main()
    return exit_status
