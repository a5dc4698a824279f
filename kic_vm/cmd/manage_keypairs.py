"""``kic-vm-manage keypairs``: the index of each project's keypairs."""

import argparse

from kic_vm.cmd.gateway_services import act
from kic_vm.operations.request import RequestServices
from kic_vm.operations.worker import keypairs


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the ``keypairs`` command to the operator's tool."""
    parser = subparsers.add_parser("keypairs", help="manage the keypairs of projects")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    reindex = commands.add_parser(
        "reindex",
        help="rebuild the index of each project's keypairs from OpenStack",
        description="Rebuilds the index of each project's keypairs from OpenStack, and deletes "
        "the copies of deleted keypairs. Prints one line for each project with keypairs.",
    )
    reindex.add_argument("--project", metavar="ID", help="rebuild only this project's index")
    reindex.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Rebuild the indexes and print a summary; the exit status."""
    return act(args.configuration, lambda gateway: _reindex(gateway, args.project))


def _reindex(gateway: RequestServices, project: str | None) -> int:
    indexes = keypairs.sweep(gateway, project)
    for project_id, index in indexes.items():
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
    print(f"{len(indexes)} projects have keypairs.")
    return 0
