"""``kic-vm-manage lifecycle``: the lifecycle tables in the terminal. Needs no configuration."""

import argparse

from kic_vm.lifecycle import diagram, render, table


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the ``lifecycle`` command to the operator's tool."""
    parser = subparsers.add_parser(
        "lifecycle",
        help="show the documented states, their billing and the OpenStack states behind them",
    )
    parser.add_argument(
        "--format",
        choices=("table", "json", "dot"),
        default="table",
        help="table: plain text; json: same as GET /api/v1/lifecycle; dot: Graphviz diagram",
    )
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
    if args.format == "json":
        print(render.as_json(tables))
    elif args.format == "dot":
        print(diagram.as_dot(tables, args.language))
    else:
        print(render.as_table(tables, args.language))
    return 0
