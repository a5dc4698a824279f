# SPDX-License-Identifier: Apache-2.0
"""``kic-vm-manage keypairs``: the index of each project's keypairs."""

import argparse

from kic_vm.cmd import output
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
    output.add_format(reindex)
    reindex.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Rebuild the indexes and print a summary; the exit status."""
    return act(args.configuration, lambda gateway: _reindex(gateway, args.project, args.format))


def _reindex(gateway: RequestServices, project: str | None, form: str) -> int:
    rows = []
    indexes = keypairs.sweep(gateway, project)
    for project_id, index in indexes.items():
        creators = {keypair["user_id"] for keypair in index.keypairs.values()}
        copies = [
            fingerprint == keypair["fingerprint"]
            for name, keypair in index.keypairs.items()
            for fingerprint in index.copies(project_id, name).values()
        ]
        rows.append(
            {
                "project_id": project_id,
                "keypairs": len(index.keypairs),
                "users": len(creators),
                "copies_in_use": sum(copies),
                "copies_out_of_date": len(index.stale) + copies.count(False),
            }
        )
    if form != output.TABLE:
        print(output.render(form, rows, rows))
        return 0
    for row in rows:
        print(
            f"{row['project_id']}: {row['keypairs']} keypairs of {row['users']} users, "
            f"{row['copies_in_use']} copies in use, {row['copies_out_of_date']} out of date"
        )
    print(f"{len(rows)} projects have keypairs.")
    return 0
