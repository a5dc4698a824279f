# SPDX-License-Identifier: Apache-2.0
"""``kic-vm-manage usage``: the usage of a project or of all projects, and sealed months."""

import argparse
import datetime
import sys
from pathlib import Path
from typing import Any, cast

from marshmallow import ValidationError

from kic_vm import exceptions
from kic_vm.cmd import failures, output
from kic_vm.cmd.gateway_services import act
from kic_vm.history import usage
from kic_vm.history.usage import Window
from kic_vm.mappings import usage as mapping
from kic_vm.mappings.usage import SecondsView, UsageGroupView, UsageView
from kic_vm.operations.history import seal
from kic_vm.operations.history.instance_history import now_in_seconds
from kic_vm.operations.history.listed_servers import Coverage
from kic_vm.operations.history.usage import read_instances, window_of
from kic_vm.operations.request import RequestServices
from kic_vm.schemas.history import UsageTime


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the ``usage`` command to the operator's tool."""
    parser = subparsers.add_parser(
        "usage",
        help="show billed, unbilled and unknown seconds",
        description="Shows the billed, unbilled and unknown seconds of instances, from OpenStack's "
        "record of actions. Deleted instances are included.",
    )
    parser.add_argument("--project", metavar="ID", help="only this project")
    parser.add_argument(
        "--start",
        type=_time,
        metavar="TIME",
        help="start of the window (default: the start of the current month in UTC)",
    )
    parser.add_argument(
        "--end", type=_time, metavar="TIME", help="end of the window (default: now)"
    )
    parser.add_argument("--group-by", choices=usage.GROUPINGS, default=usage.INSTANCE)
    output.add_format(parser)
    parser.set_defaults(run=run)
    commands = parser.add_subparsers(metavar="COMMAND")
    sealing = commands.add_parser(
        "seal",
        help="write the periods of a closed month, with their evidence, to files",
        description="Writes usage-MONTH.csv and usage-MONTH.json: one line for each period. The "
        "JSON file has the SHA-256 digest of the CSV file. The same record gives the same bytes; "
        "existing files are never changed.",
    )
    sealing.add_argument("--month", required=True, type=_month, metavar="YYYY-MM")
    sealing.add_argument("--output", required=True, type=Path, metavar="DIRECTORY")
    # Without a default: it would replace a project before the subcommand, and seal all projects.
    sealing.add_argument(
        "--project", metavar="ID", default=argparse.SUPPRESS, help="only this project"
    )
    sealing.set_defaults(run=run_seal)


def _time(text: str) -> datetime.datetime:
    try:
        moment: Any = UsageTime("").deserialize(text)
    except ValidationError as error:
        raise argparse.ArgumentTypeError(" ".join(map(str, error.messages))) from error
    return cast("datetime.datetime", moment)


def _month(text: str) -> str:
    try:
        window = seal.window_of_month(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError("must be a month such as 2026-10") from error
    if window.end > now_in_seconds():
        raise argparse.ArgumentTypeError("the month has not ended yet: choose an earlier one")
    return text


def run(args: argparse.Namespace) -> int:
    """Print the usage; the exit status."""
    now = now_in_seconds()
    try:
        window = window_of(args.start, args.end, now)
    except exceptions.InvalidRequest as error:
        return failures.report("kic-vm-manage", f"--{error}")
    return act(args.configuration, lambda gateway: _show(gateway, args, window, now))


def run_seal(args: argparse.Namespace) -> int:
    """Write the files of a month; the exit status."""
    return act(args.configuration, lambda gateway: _seal(gateway, args))


def _progress(done: int, total: int) -> None:
    end = "\n" if done == total else ""
    print(f"\r{done} of {total} instances read", end=end, file=sys.stderr, flush=True)


def _instances(
    gateway: RequestServices, project_id: str | None, window: Window, now: datetime.datetime
) -> list[usage.InstancePeriods]:
    coverage = Coverage(project_id, by_operator=True)
    return read_instances(gateway, coverage, window, now, _progress)


def _show(
    gateway: RequestServices, args: argparse.Namespace, window: Window, now: datetime.datetime
) -> int:
    instances = _instances(gateway, args.project, window, now)
    groups = usage.group(instances, window, args.group_by, by_project=args.project is None)
    shown = mapping.usage_from_groups(args.project, window, args.group_by, groups, ())
    del shown["volumes"]  # the command shows only instances
    if args.format == output.TABLE:
        _print_table(shown)
    elif args.format == output.CSV:
        print(mapping.as_csv(shown), end="")
    else:
        print(output.render(args.format, shown, ()))
    return 0


def _print_table(shown: UsageView) -> None:
    rows = [(_label(group), *_numbers(group)) for group in shown["groups"]]
    rows.append(("total", *_numbers(shown)))
    header = (shown["group_by"], "billed s", "unbilled s", "unknown s")
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(len(header))]
    print(f"{shown['start']} to {shown['end']}")
    for row in (header, *rows):
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        print("  ".join(cells))


def _numbers(seconds: SecondsView) -> tuple[str, str, str]:
    return (
        f"{seconds['billed_seconds']:,}",
        f"{seconds['unbilled_seconds']:,}",
        f"{seconds['unknown_seconds']:,}",
    )


def _label(group: UsageGroupView) -> str:
    """The name of a group in the table."""
    flavor = group.get("flavor")
    names = (
        group.get("project_id"),
        group.get("instance_id"),
        group.get("instance_name"),
        group.get("day"),
        group.get("state"),
        flavor and (flavor["name"] or flavor["id"]),
    )
    return " ".join(name for name in names if name) or "unknown"


def _seal(gateway: RequestServices, args: argparse.Namespace) -> int:
    window = seal.window_of_month(args.month)
    instances = _instances(gateway, args.project, window, now_in_seconds())
    sealed = seal.seal(args.month, window, instances)
    try:
        written = seal.write(sealed, args.output)
    except seal.SealedDifferently as error:
        print(
            f"kic-vm-manage: {error.path} exists with other content, so nothing was written. "
            "Nova's record of the month has changed since, or the file was edited. Choose another "
            "directory and compare.",
            file=sys.stderr,
        )
        return failures.FAILED
    except OSError as error:
        print(f"kic-vm-manage: {error}", file=sys.stderr)
        return failures.FAILED
    for name in sealed.files:
        path = args.output / name
        print(f"{path}: {'written' if path in written else 'unchanged'}")
    print(
        f"{sealed.billed_seconds:,} s billed, {sealed.unbilled_seconds:,} s unbilled, "
        f"{sealed.unknown_seconds:,} s unknown"
    )
    print(f"sha256 {sealed.digest}")
    return 0
