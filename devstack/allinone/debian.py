# SPDX-License-Identifier: Apache-2.0
"""Installs the Debian packages that are missing, and nothing else changes on the machine."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

from . import commands, interrupt
from .errors import ServiceError, StandaloneError
from .quiet_install import nothing_starts

PYTHON_PACKAGES = ("python3-venv",)
PACKAGES = (
    # only the programs: these two packages bring no service and no data directory
    *("mariadb-server-core", "mariadb-client-core"),
    *("rabbitmq-server", "redis-server"),
    *("openvswitch-switch", "ovn-central", "ovn-host"),
    *("ceph-mon", "ceph-mgr", "ceph-osd", "ceph-common", "python3-rados", "python3-rbd"),
    # qemu-img makes the images; with the block driver it writes to RBD (rebuild of a server)
    *("qemu-utils", "qemu-block-extra", "e2fsprogs", "util-linux"),
)
LISTS = Path("/var/lib/apt/lists")
LISTS_AGE = 24 * 3600


def missing(packages: Sequence[str]) -> list[str]:
    """The packages that are not installed."""
    query = ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n"]
    installed = {
        line.split()[0]
        for line in commands.output(query).splitlines()
        if line.endswith(" installed")
    }
    return [package for package in packages if package not in installed]


def install(packages: Sequence[str], journal: Path, log: Path) -> str | None:
    """Install what is missing; no service starts, and none is enabled afterwards."""
    wanted = missing(packages)
    if not wanted:
        return None
    if os.geteuid() != 0:
        message = f"only root can install the missing Debian packages: {' '.join(wanted)}"
        raise StandaloneError(message)
    env = {
        **os.environ,
        "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin:/sbin:/bin",
        "DEBIAN_FRONTEND": "noninteractive",
        "NEEDRESTART_SUSPEND": "1",
        "LC_ALL": "C.UTF-8",
    }
    apt = ["apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=300", "-o", "APT::Color=0"]
    update = [*apt, "update"]
    get = [*apt, "install", "--no-install-recommends", "--no-remove", *wanted]
    updated = _lists_are_old()
    if updated:
        commands.run("apt-get update", update, log, env, finish=True)
    interrupt.check()
    with nothing_starts(journal, log):
        try:
            commands.run("apt-get install", get, log, env, finish=True)
        except ServiceError:
            if updated:
                raise
            commands.run("apt-get update", update, log, env, finish=True)
            commands.run("apt-get install", get, log, env, finish=True)
    return f"Debian packages installed: {' '.join(wanted)}"


def _lists_are_old() -> bool:
    releases = [*LISTS.glob("*InRelease"), *LISTS.glob("*Release")]
    if not releases:
        return True
    newest = max(path.stat().st_mtime for path in (LISTS, *LISTS.glob("partial"), *releases))
    return time.time() - newest > LISTS_AGE
