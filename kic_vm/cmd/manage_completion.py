# SPDX-License-Identifier: Apache-2.0
"""``kic-vm-manage completion``: a script for bash. Needs no configuration."""

import argparse

from kic_vm import conf as configuration
from kic_vm.cmd import completion, status


def add_parser(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]",
    whole: argparse.ArgumentParser,
) -> None:
    """Add the ``completion`` command to the operator's tool.

    :param whole: the parser of the operator's tool itself
    """
    parser = subparsers.add_parser(
        "completion",
        help="print a script with which bash completes the commands",
        description="Prints a script with which bash completes the commands of the gateway. Write "
        "it to /etc/bash_completion.d/kic-vm.",
    )
    parser.set_defaults(run=lambda _args: run(whole))


def run(whole: argparse.ArgumentParser) -> int:
    """Print the script; the exit status."""
    conf = configuration.create()
    conf([], project=configuration.PROJECT, default_config_files=[])
    for script in (
        completion.script_of_options("kic-vm-api", conf),
        completion.script_of_options("kic-vm-worker", conf, "--once"),
        completion.script_of_parser(whole),
        completion.script_of_parser(status.parser()),
    ):
        print(script)
    return 0
