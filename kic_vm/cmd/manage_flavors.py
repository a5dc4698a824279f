"""``kic-vm-manage flavors``: whether the cloud's flavors say what clients want to know."""

import argparse
import json

from kic_vm.cmd.gateway_services import FAILED, act
from kic_vm.mappings.flavor_defects import defects_of
from kic_vm.operations.request import RequestServices


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the ``flavors`` command to the operator's tool."""
    parser = subparsers.add_parser("flavors", help="look after the cloud's flavors")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    check = commands.add_parser(
        "check",
        help="tell what is missing or wrong on which flavor",
        description="Tells what is missing or wrong on which flavor, of the extra specs that "
        "etc/kic-vm/README.rst lists. Exit status 1 if there is something.",
    )
    check.add_argument("--format", choices=("table", "json"), default="table")
    check.add_argument("--config-file", metavar="FILE", help="see kic-vm-api")
    check.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print what is to be mended; the exit status."""
    return act(args.config_file, lambda gateway: _check(gateway, args.format))


def _check(gateway: RequestServices, form: str) -> int:
    flavors = gateway.openstack.compute.list_all_flavors()
    found = {
        flavor["name"]: {"id": flavor["id"], "defects": defects_of(flavor)}
        for flavor in sorted(flavors, key=lambda one: str(one["name"]))
    }
    wrong = {name: one for name, one in found.items() if one["defects"]}
    if form == "json":
        print(json.dumps(found, indent=2))
    else:
        for name, one in wrong.items():
            print(f"{name} ({one['id']})")
            for defect in one["defects"]:
                print(f"  {defect}")
        print(f"{len(found)} flavors, {len(wrong)} with something to mend.")
    return FAILED if wrong else 0
