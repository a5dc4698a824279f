# SPDX-License-Identifier: Apache-2.0
"""The command line."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from . import (
    bringup,
    cinder,
    domains,
    interrupt,
    libvirt,
    lock,
    neutron,
    nova,
    ovn,
    people,
    ports,
    quiet_install,
    rest,
    settings,
    status,
    steps,
    teardown,
)
from .deployment import Deployment
from .errors import InterruptedByUserError, StandaloneError, tail
from .processes import Processes
from .progress import Progress

FAILED, WRONG_USAGE, INTERRUPTED = 1, 2, 130


def services(deployment: Deployment) -> list[str]:
    """The names of all processes."""
    return [
        *("mariadb", "epmd", "rabbitmq", "redis", "ceph-mon", "ceph-mgr", "ceph-osd"),
        *("ovsdb", "ovs-vswitchd", "ovn-northd", *ovn.controllers(deployment)),
        *("keystone", "placement", "glance", "cinder-api", *cinder.DAEMONS),
        *("neutron-api", neutron.MAINTENANCE, "nova-api", *nova.daemons(deployment)),
        *([libvirt.DAEMON] if deployment.has_guests else []),
        *nova.compute_names(deployment),
    ]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    arguments = _parser().parse_args(argv)
    try:
        deployment = Deployment(settings.load(cells=getattr(arguments, "cells", None)))
        command: Callable[[argparse.Namespace, Deployment], int] = arguments.command
        return command(arguments, deployment)
    except InterruptedByUserError as error:
        print(f"standalone: {error}", file=sys.stderr)
        return INTERRUPTED
    except StandaloneError as error:
        print(f"standalone: {error}", file=sys.stderr)
        return FAILED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def _up(arguments: argparse.Namespace, deployment: Deployment) -> int:
    interrupt.install_handlers("interrupted: ending the running steps")
    progress = Progress()
    with lock.exclusive(deployment.home / "lock", progress):
        deployment.create()
        deployment.choose_hypervisor(guests=arguments.guests)
        processes = Processes(deployment)
        _recover(deployment, progress)
        nova.refuse_change_of_cells(deployment, processes)
        if deployment.has_guests and deployment.has_second_cell:
            raise StandaloneError("real guests are in one cell: leave --cells out")
        ports.check(deployment, processes)
        ports.note(deployment)
        steps.run_steps(bringup.steps(deployment, processes), progress)
    demo = deployment.settings.demo
    progress.say("up")
    print(f"Keystone:     {deployment.url('keystone')}")
    print(f"Credentials:  {demo}/clouds.yaml")
    print(f"Try:          export OS_CLIENT_CONFIG_FILE={demo}/clouds.yaml OS_CLOUD=kic-member")
    print(f"              {deployment.venv}/bin/openstack flavor list")
    return 0


def _down(_: argparse.Namespace, deployment: Deployment) -> int:
    interrupt.install_handlers("this will soon be done")
    progress = Progress()
    with lock.exclusive(deployment.home / "lock", progress):
        _stop(deployment, progress)
    return 0


def _reset(_: argparse.Namespace, deployment: Deployment) -> int:
    interrupt.install_handlers("this will soon be done")
    progress = Progress()
    with lock.exclusive(deployment.home / "lock", progress):
        _stop(deployment, progress)
        deployment.remove_data()
        people.remove_files(deployment)
        progress.say("data removed; the installed environment is kept")
    return 0


def _stop(deployment: Deployment, progress: Progress) -> None:
    if not deployment.state.is_dir():
        progress.say("nothing runs")
        return
    _recover(deployment, progress)
    stopped = teardown.stop(deployment, Processes(deployment), progress)
    progress.say("down" if stopped else "nothing runs")


def _recover(deployment: Deployment, progress: Progress) -> None:
    journal = deployment.state / "apt-journal.json"
    if quiet_install.recover(journal, deployment.logs / "apt.log"):
        progress.say("undone what an interrupted package installation had left")


def _status(_: argparse.Namespace, deployment: Deployment) -> int:
    if not deployment.state.is_dir():
        print("nothing runs")
        return status.NOTHING_RUNS
    return status.show(ports.used(deployment), Processes(deployment), services(deployment))


def _cell2(arguments: argparse.Namespace, deployment: Deployment) -> int:
    if deployment.mark("cell2") is None:
        raise StandaloneError("there is no second cell: `up --cells 2` makes one")
    if arguments.state == "down":
        nova.take_second_cell_down(deployment)
    else:
        nova.bring_second_cell_up(deployment)
    print(f"cell2 is {arguments.state}")
    return 0


def _domain(arguments: argparse.Namespace, deployment: Deployment) -> int:
    admin = rest.administrator(deployment)
    domains.ensure(deployment, admin, arguments.name, arguments.directory)
    print(f"Credentials:  {arguments.directory}/clouds.yaml")
    return 0


def _logs(arguments: argparse.Namespace, deployment: Deployment) -> int:
    known = sorted({*services(deployment), *(path.stem for path in deployment.logs.glob("*.log"))})
    if arguments.service not in known:
        print(f"standalone: there is no log {arguments.service!r}; there are:", file=sys.stderr)
        print("  " + "\n  ".join(known), file=sys.stderr)
        return WRONG_USAGE
    path = deployment.logs / f"{arguments.service}.log"
    if arguments.follow:
        os.execvp(  # noqa: S606
            "tail", ["tail", "-n", str(arguments.lines), "-F", str(path)]
        )
    print(tail(path, arguments.lines))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="standalone",
        description="A real OpenStack on the loopback interface of this machine, for trying and"
        " testing kic-vm: Keystone, Placement, Glance, Cinder on Ceph, Neutron on OVN, and Nova"
        " with two hosts of its fake hypervisor.",
        epilog="Data directory: KIC_VM_STANDALONE_DIR, by default .standalone in the repository."
        " Ports and other knobs: see devstack/README.rst.",
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, function, text in (
        ("up", _up, "install what is missing, start everything, fill it, wait until it works"),
        ("down", _down, "stop everything that `up` has started; the data is kept"),
        ("status", _status, "show every process and API (exit code 1: some down, 3: all down)"),
        ("reset", _reset, "`down`, and remove all data; the installed environment is kept"),
    ):
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(command=function)
    commands.choices["up"].add_argument(
        "--cells",
        type=int,
        help="how many cells Nova has, 1 or 2; the second one stays until `reset`",
    )
    commands.choices["up"].add_argument(
        "--guests",
        action="store_true",
        help="instances are real guests of libvirt and QEMU, from the first `up` on",
    )
    domain = commands.add_parser(
        "domain", help="make one more domain with projects and people like those of the demo"
    )
    domain.add_argument("name", help="the name of the domain")
    domain.add_argument("directory", type=Path, help="where its clouds.yaml and so on are written")
    domain.set_defaults(command=_domain)
    cell = commands.add_parser(
        "cell2", help="take the second cell of Nova down, as an outage would, or bring it up again"
    )
    cell.add_argument("state", choices=("down", "up"))
    cell.set_defaults(command=_cell2)
    logs = commands.add_parser("logs", help="show the end of a service's log")
    logs.add_argument("service", metavar="SERVICE", help="a name that `status` shows")
    logs.add_argument("-f", "--follow", action="store_true", help="go on as it grows")
    logs.add_argument("-n", "--lines", type=int, default=40, help="how many lines (40)")
    logs.set_defaults(command=_logs)
    return parser
