"""kic-vm-manage: the operator's tool."""

import argparse
import sys

from kic_vm.cmd import (
    manage_config,
    manage_flavors,
    manage_keypairs,
    manage_lifecycle,
    manage_usage,
)


def main() -> int:
    """Run the subcommand that the arguments name."""
    parser = argparse.ArgumentParser(prog="kic-vm-manage", description=__doc__)
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    manage_config.add_parser(subparsers)
    manage_flavors.add_parser(subparsers)
    manage_keypairs.add_parser(subparsers)
    manage_lifecycle.add_parser(subparsers)
    manage_usage.add_parser(subparsers)
    args = parser.parse_args()
    status: int = args.run(args)
    return status


if __name__ == "__main__":
    sys.exit(main())
