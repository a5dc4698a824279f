# SPDX-License-Identifier: Apache-2.0
"""The arguments that every command takes."""

import argparse
from collections.abc import Sequence
from typing import Any, Final

from kic_vm.version import version

_ANYWHERE: Final = "The options --config-file and --config-dir can also follow the subcommand."


class Parser(argparse.ArgumentParser):
    """A parser whose subcommands do not accept abbreviations of options, either."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"allow_abbrev": False} | kwargs)


def new_parser(
    command: str, description: str | None, epilog: str = _ANYWHERE
) -> argparse.ArgumentParser:
    """A parser for a command; ``parse`` reads its arguments."""
    return Parser(prog=command, description=description, parents=[_common()], epilog=epilog)


def parse(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> argparse.Namespace:
    """The arguments of a command; ``configuration`` is the list of those for oslo.config."""
    configuration, rest = _split(arguments)
    args = parser.parse_args(rest)
    args.configuration = configuration
    return args


def parse_with_others(
    parser: argparse.ArgumentParser, arguments: Sequence[str]
) -> argparse.Namespace:
    """The same for a command to whose other arguments oslo.config has the options."""
    configuration, rest = _split(arguments)
    args, others = parser.parse_known_args(rest)
    args.configuration = [*configuration, *others]
    return args


def _split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """The arguments that name the configuration, and the rest."""
    common, rest = _common().parse_known_args(arguments)
    files = [f"--config-file={path}" for path in common.config_file]
    return [*files, *(f"--config-dir={path}" for path in common.config_dir)], rest


def _common() -> argparse.ArgumentParser:
    parser = Parser(add_help=False)
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
