# SPDX-License-Identifier: Apache-2.0
"""The arguments that every command takes."""

import argparse
from collections.abc import Sequence

from kic_vm.version import version


def new_parser(command: str, description: str | None) -> argparse.ArgumentParser:
    """A parser for a command with subcommands; ``parse`` reads its arguments."""
    return argparse.ArgumentParser(
        prog=command,
        description=description,
        parents=[_common()],
        allow_abbrev=False,
        epilog="The options --config-file and --config-dir can also follow the subcommand.",
    )


def parse(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> argparse.Namespace:
    """The arguments of a command; ``configuration`` is the list of those for oslo.config."""
    common, rest = _common().parse_known_args(arguments)
    args = parser.parse_args(rest)
    args.configuration = [
        *(f"--config-file={path}" for path in common.config_file),
        *(f"--config-dir={path}" for path in common.config_dir),
    ]
    return args


def _common() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=version(), help="show the version")
    parser.add_argument(
        "--config-file",
        metavar="FILE",
        action="append",
        default=[],
        help="configuration file; can be repeated, and later files take precedence",
    )
    parser.add_argument(
        "--config-dir",
        metavar="DIR",
        action="append",
        default=[],
        help="directory with more *.conf files, which take precedence over --config-file",
    )
    return parser
