# SPDX-License-Identifier: Apache-2.0
"""``kic-vm-manage config``: the effective configuration."""

import argparse
import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any, Final

from oslo_config import cfg

from kic_vm import conf as configuration
from kic_vm.cmd import failures, output
from kic_vm.conf import known_options

_MASK: Final = "****"
_SOURCES: Final = {
    cfg.Locations.opt_default: "default",
    cfg.Locations.set_default: "default",
    cfg.Locations.set_override: "override",
    cfg.Locations.user: "file",
    cfg.Locations.command_line: "command line",
    cfg.Locations.environment: "environment",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Setting:
    """The effective value of an option and its source."""

    group: str
    option: str
    value: str | None
    source: str
    """``default``, ``file``, ``environment`` or ``command line``, with details such as the path."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the ``config`` command to the operator's tool."""
    parser = subparsers.add_parser("config", help="show the configuration")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    show = commands.add_parser(
        "show",
        help="show the value and the source of each option",
        description="Shows the value of each option, and whether it comes from a file, the "
        "environment or the default. Passwords and other secrets are masked.",
    )
    show.add_argument(
        "--changed", action="store_true", help="show only values that are not defaults"
    )
    output.add_format(show)
    show.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the options; the exit status."""
    try:
        conf = configuration.load(args.configuration)
        settings = sorted(_settings(conf), key=lambda setting: (setting.group, setting.option))
    except cfg.Error as error:
        return failures.report("kic-vm-manage", error)
    if args.changed:
        settings = [setting for setting in settings if setting.source != "default"]
    if args.format == output.TABLE:
        print("\n".join(_lines(settings)))
    else:
        rows = [dataclasses.asdict(setting) for setting in settings]
        print(output.render(args.format, rows, rows))
    return 0


def _settings(conf: cfg.ConfigOpts) -> Iterator[Setting]:
    registered: set[tuple[str, str]] = set()
    for group, opts in known_options.list_all(conf):
        for opt in opts:
            if (group, opt.dest) not in registered:
                registered.add((group, opt.dest))
                conf.register_opt(opt, None if group == "DEFAULT" else group)
                yield _setting(conf, group, opt)


def _setting(conf: cfg.ConfigOpts, group: str, opt: cfg.Opt) -> Setting:
    section = None if group == "DEFAULT" else group
    value = (conf if section is None else conf[section])[opt.dest]
    location = conf.get_location(opt.dest, section)
    source = _SOURCES[location.location] if location else "default"
    if location and source != "default" and location.detail:
        source += f" {location.detail}"
    return Setting(group, opt.dest, _value_text(opt, value), source)


def _value_text(opt: cfg.Opt, value: Any) -> str | None:
    if value is None:
        return None
    if opt.secret:
        return _MASK
    if isinstance(value, dict):
        return ",".join(f"{key}:{item}" for key, item in value.items())
    if isinstance(value, list):
        return ",".join(str(item) for item in value)
    return str(value)


def _lines(settings: Iterable[Setting]) -> Iterator[str]:
    group = None
    for setting in settings:
        if setting.group != group:
            if group is not None:
                yield ""
            group = setting.group
            yield f"[{group}]"
        value = "" if setting.value is None else f" {setting.value}"
        yield f"{setting.option} ={value}".ljust(60) + f"  # {setting.source}"
