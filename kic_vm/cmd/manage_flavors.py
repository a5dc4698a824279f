# SPDX-License-Identifier: Apache-2.0
"""``kic-vm-manage flavors``: whether the cloud's flavors have the extra specs that clients need."""

import argparse

from kic_vm.cmd import output
from kic_vm.cmd.failures import FAILED
from kic_vm.cmd.gateway_services import act
from kic_vm.mappings.flavor_defects import defects_of
from kic_vm.operations.request import RequestServices


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the ``flavors`` command to the operator's tool."""
    parser = subparsers.add_parser("flavors", help="manage the cloud's flavors")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    check = commands.add_parser(
        "check",
        help="list the missing and wrong extra specs of each flavor",
        description="Lists the missing and wrong extra specs of each flavor. "
        "etc/kic-vm/README.rst describes them. The exit status is 1 if there are any.",
    )
    output.add_format(check)
    check.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the defects of the flavors; the exit status."""
    return act(args.configuration, lambda gateway: _check(gateway, args.format))


def _check(gateway: RequestServices, form: str) -> int:
    flavors = gateway.openstack.compute.list_all_flavors()
    results = {
        flavor["name"]: {"id": flavor["id"], "defects": defects_of(flavor)}
        for flavor in sorted(flavors, key=lambda flavor: str(flavor["name"]))
    }
    incomplete = {name: result for name, result in results.items() if result["defects"]}
    if form != output.TABLE:
        rows = (
            {"name": name, "id": result["id"], "defect": defect}
            for name, result in results.items()
            for defect in result["defects"] or [""]
        )
        print(output.render(form, results, rows))
    else:
        for name, result in incomplete.items():
            print(f"{name} ({result['id']})")
            for defect in result["defects"]:
                print(f"  {defect}")
        print(f"{len(results)} flavors, {len(incomplete)} with defects.")
    return FAILED if incomplete else 0
