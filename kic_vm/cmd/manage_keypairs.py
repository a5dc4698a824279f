"""``kic-vm-manage keypairs``: the index of the keypairs of projects."""

import argparse
import sys

from oslo_config import cfg
from oslo_log import log as logging

from kic_vm import conf as configuration
from kic_vm import deploy, exceptions
from kic_vm.context import RequestContext
from kic_vm.operations import keypair_upkeep
from kic_vm.operations.scope import Scope


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the ``keypairs`` command to the operator's tool."""
    parser = subparsers.add_parser("keypairs", help="look after the keypairs of projects")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    reindex = commands.add_parser(
        "reindex",
        help="make the index of each project's keypairs anew from OpenStack",
        description="Makes the index of each project's keypairs anew from OpenStack, and removes "
        "copies of keypairs that are no more. Prints a line for each project that has keypairs.",
    )
    reindex.add_argument("--project", metavar="ID", help="only this project's")
    reindex.add_argument("--config-file", metavar="FILE", help="see kic-vm-api")
    reindex.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Make the indexes anew and print what was found; the exit status."""
    try:
        conf = configuration.load(config_file=args.config_file)
        conf.set_default("use_stderr", True)  # standard output is for what is found
        logging.setup(conf, "kic-vm")
        platform = deploy.load_platform(conf)
    except cfg.Error as error:
        print(f"kic-vm-manage: {error}", file=sys.stderr)
        return 2
    gateway = Scope.of(platform, RequestContext(auth=platform.cloud.service_auth))
    try:
        found = keypair_upkeep.sweep(gateway, args.project)
    except exceptions.KicVmError as error:
        print(f"kic-vm-manage: {error}", file=sys.stderr)
        return 1
    for project_id, index in found.items():
        creators = {keypair["user_id"] for keypair in index.keypairs.values()}
        copies = sum(len(holders) for holders in index.copies.values())
        print(
            f"{project_id}: {len(index.keypairs)} keypairs of {len(creators)} users, "
            f"{copies} copies in use, {len(index.stale)} out of date"
        )
    print(f"{len(found)} projects have keypairs.")
    return 0
