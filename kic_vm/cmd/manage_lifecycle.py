# SPDX-License-Identifier: Apache-2.0
"""``kic-vm-manage lifecycle``: the lifecycle tables in the terminal. Needs no configuration."""

import argparse
from collections.abc import Iterator
from typing import Any

from kic_vm.cmd import output
from kic_vm.lifecycle import diagram, render, table


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the ``lifecycle`` command to the operator's tool."""
    parser = subparsers.add_parser(
        "lifecycle",
        help="show the documented states, their billing and the OpenStack states behind them",
    )
    output.add_format(parser, "dot")
    parser.add_argument(
        "--language",
        choices=("en", "ko"),
        default="en",
        help="the language of the meanings (json has both)",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the tables in the requested format; the exit status."""
    tables = table.load_tables()
    if args.format == output.TABLE:
        print(render.as_table(tables, args.language))
    elif args.format == "dot":
        print(diagram.as_dot(tables, args.language))
    else:
        document = render.as_document(tables)
        print(output.render(args.format, document, _rows(document, args.language)))
    return 0


def _rows(document: dict[str, list[dict[str, Any]]], language: str) -> Iterator[dict[str, Any]]:
    for kind, states in document.items():
        for state in states:
            yield {
                "resource": kind.partition("_")[0],
                "state": state["state"],
                "wire": state["wire"],
                "billable": state["billable"],
                "meaning": state["meaning"][language],
                "allowed_actions": " ".join(state["allowed_actions"]),
            }
