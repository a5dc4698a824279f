# SPDX-License-Identifier: Apache-2.0
"""A one-node Ceph for Cinder: a monitor, a manager and one OSD on a sparse file.

No LVM, no kernel module; what is written to a volume is really kept.
"""

import os
import shutil
from pathlib import Path

from . import commands
from .deployment import ADDRESS, Deployment
from .processes import Processes
from .settings import CEPH_DAEMON_PORTS
from .templates import write

MODULES = Path("/usr/share/ceph/mgr")
POOL = "volumes"


def start(deployment: Deployment, processes: Processes) -> str | None:
    """Start the three daemons; make their data and the pool at the first time."""
    directory = deployment.data / "ceph"
    fsid = deployment.uuid("ceph")
    first_port = deployment.ports["ceph_daemons"]
    write(
        deployment,
        "ceph.conf",
        deployment.etc / "ceph.conf",
        fsid=fsid,
        directory=directory,
        last_daemon_port=first_port + CEPH_DAEMON_PORTS - 1,
        manager_modules=",".join(sorted(path.name for path in MODULES.iterdir() if path.is_dir())),
        block_size=deployment.settings.volume_gib * 2**30,
    )
    env = deployment.environment()
    started = _start_monitor(deployment, processes, env)
    (directory / "mgr").mkdir(exist_ok=True)
    started |= processes.start("ceph-mgr", ["ceph-mgr", "-f", "-i", "a"], env)
    if deployment.mark("ceph-osd") is None:
        _make_osd(deployment, env)
    started |= processes.start("ceph-osd", ["ceph-osd", "-f", "-i", "0"], env)
    processes.wait("ceph-osd", lambda: "1 up" in commands.output(["ceph", "osd", "stat"], env), 90)
    if deployment.mark("ceph-pool") is None:
        _run(deployment, env, "ceph", "osd", "pool", "create", POOL, "16", "16")
        _run(deployment, env, "rbd", "pool", "init", POOL)
        deployment.set_mark("ceph-pool")
    return "Ceph runs" if started else None


def _start_monitor(deployment: Deployment, processes: Processes, env: dict[str, str]) -> bool:
    directory = deployment.data / "ceph"
    directory.mkdir(exist_ok=True)
    if not processes.alive("ceph-mon"):
        address = f"[v2:{ADDRESS}:{deployment.ports['ceph_mon']}]"
        monmap = directory / "monmap"
        make = ["monmaptool", "--create", "--clobber", "--fsid", deployment.uuid("ceph")]
        _run(deployment, env, *make, "--addv", "a", address, monmap)
        if deployment.mark("ceph-mon") is None:
            shutil.rmtree(directory / "mon", ignore_errors=True)
            (directory / "mon").mkdir()
            _run(deployment, env, "ceph-mon", "--mkfs", "-i", "a", "--monmap", monmap)
        elif deployment.mark("ceph-mon") != address:  # the port was changed
            _run(deployment, env, "ceph-mon", "-i", "a", "--inject-monmap", monmap)
        deployment.set_mark("ceph-mon", address)
    started = processes.start("ceph-mon", ["ceph-mon", "-f", "-i", "a"], env)
    if started:
        processes.wait("ceph-mon", lambda: commands.output(["ceph", "fsid"], env) != "", 90)
    return started


def _make_osd(deployment: Deployment, env: dict[str, str]) -> None:
    directory = deployment.data / "ceph/osd"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    identity = deployment.uuid("ceph-osd")
    _run(deployment, env, "ceph", "osd", "new", identity, "0")
    _run(deployment, env, "ceph-osd", "--mkfs", "-i", "0", "--osd-uuid", identity)
    _run(deployment, env, "ceph", "osd", "crush", "add", "osd.0", "1", "root=default", "host=a")
    deployment.set_mark("ceph-osd")


def _run(deployment: Deployment, env: dict[str, str], *argv: str | os.PathLike[str]) -> None:
    what = " ".join(str(word) for word in argv[:3])
    commands.run(what, argv, deployment.logs / "ceph-setup.log", env)
