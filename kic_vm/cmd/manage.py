# SPDX-License-Identifier: Apache-2.0
"""kic-vm-manage: the operator's tool."""

import sys

from kic_vm.cmd import (
    arguments,
    manage_completion,
    manage_config,
    manage_flavors,
    manage_keypairs,
    manage_lifecycle,
    manage_usage,
)


def main() -> int:
    """Run the subcommand that the arguments name."""
    parser = arguments.new_parser("kic-vm-manage", __doc__)
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    manage_config.add_parser(subparsers)
    manage_flavors.add_parser(subparsers)
    manage_keypairs.add_parser(subparsers)
    manage_lifecycle.add_parser(subparsers)
    manage_usage.add_parser(subparsers)
    manage_completion.add_parser(subparsers, parser)
    args = arguments.parse(parser, sys.argv[1:])
    status: int = args.run(args)
    return status


if __name__ == "__main__":
    sys.exit(main())
