"""``kic-vm-manage keypairs``: the index of the keypairs of projects."""

import argparse

from kic_vm.cmd.gateway_services import act
from kic_vm.operations.request import RequestServices
from kic_vm.operations.worker import keypairs


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
    return act(args.config_file, lambda gateway: _reindex(gateway, args.project))


def _reindex(gateway: RequestServices, project: str | None) -> int:
    found = keypairs.sweep(gateway, project)
    for project_id, index in found.items():
        creators = {keypair["user_id"] for keypair in index.keypairs.values()}
        copies = [
            fingerprint == keypair["fingerprint"]
            for name, keypair in index.keypairs.items()
            for fingerprint in index.copies(project_id, name).values()
        ]
        print(
            f"{project_id}: {len(index.keypairs)} keypairs of {len(creators)} users, "
            f"{sum(copies)} copies in use, {len(index.stale) + copies.count(False)} out of date"
        )
    print(f"{len(found)} projects have keypairs.")
    return 0
