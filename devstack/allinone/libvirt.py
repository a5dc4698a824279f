# SPDX-License-Identifier: Apache-2.0
"""libvirt for guests that really run: a daemon, a root and a socket of its own."""

import contextlib
import grp
import os
import subprocess
import tempfile
from pathlib import Path

from . import commands, interrupt
from .deployment import COMPUTES, Deployment, write_private
from .errors import StandaloneError
from .processes import MARKER, Processes
from .templates import render, write

PACKAGES = (
    *("libvirt-daemon", "libvirt-daemon-driver-qemu", "libvirt-clients", "python3-libvirt"),
    *("qemu-system-x86", "genisoimage", "iproute2"),
    *("mmdebstrap", "debian-archive-keyring", "fdisk"),
)
DAEMON, GUESTS = "libvirtd", "guests"
VIRT_TYPE = "virt-type"  # the mark that says what the first `up` found to work
# only mounted over, in a namespace; Debian makes them with libvirt's service, which is not needed
MOUNT_POINTS = ("/etc/libvirt", "/var/lib/libvirt", "/var/cache/libvirt", "/var/log/libvirt")
OFFLOADS = ("csum", "gso", "host_tso4", "host_tso6", "host_ecn", "host_ufo")
SHUTDOWN_SECONDS = 20
# A boot sector that writes 1 to a port; QEMU then ends with a status of its own, 2n + 1.
PROBE_PORT, PROBE_EXIT_STATUS, PROBE_SECONDS = 0x501, 3, 10
PROBE = bytes.fromhex("b001 ba0105 ee").ljust(510, b"\x90") + b"\x55\xaa"


def uri(deployment: Deployment) -> str:
    """Where Nova reaches the daemon."""
    return f"qemu+unix:///system?socket={deployment.sockets}/libvirt-sock"


def kind(deployment: Deployment) -> str:
    """How guests run: kvm where that works, else qemu, which emulates a processor."""
    if deployment.settings.virt_type:
        return deployment.settings.virt_type
    noted = deployment.mark(VIRT_TYPE)
    if noted is None:
        noted = "kvm" if _kvm_runs_a_guest() else "qemu"
        deployment.set_mark(VIRT_TYPE, noted)
    return noted


def _kvm_runs_a_guest() -> bool:
    """Whether a guest of one instruction ends; some machines have KVM, and guests hang in it."""
    with tempfile.NamedTemporaryFile() as disk:
        disk.write(PROBE)
        disk.flush()
        argv = ["qemu-system-x86_64", "-nodefaults", "-display", "none", "-machine", "pc,accel=kvm"]
        argv += ["-device", f"isa-debug-exit,iobase={PROBE_PORT:#x}"]
        argv += ["-drive", f"file={disk.name},format=raw,if=ide"]
        try:
            done = subprocess.run(argv, capture_output=True, timeout=PROBE_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return False
    return done.returncode == PROBE_EXIT_STATUS


def configure(deployment: Deployment) -> None:
    """Write the daemon's configuration, and the emulator as the deployment runs it."""
    if os.geteuid() != 0:
        raise StandaloneError("only root can run real guests: their interfaces are the kernel's")
    directory = deployment.data / "libvirt"
    for name in ("etc", "lib", "cache", "log"):
        (directory / name).mkdir(parents=True, exist_ok=True)
    group = grp.getgrgid(os.getegid()).gr_name
    write(deployment, "libvirtd.conf", deployment.etc / "libvirtd.conf")
    write(deployment, "qemu.conf", directory / "etc/qemu.conf", group=group)
    for name, line in (
        ("passwd", f"libvirt-qemu:x:{os.geteuid()}:{os.getegid()}::/nonexistent:/usr/sbin/nologin"),
        ("group", f"libvirt-qemu:x:{os.getegid()}:"),
    ):
        (directory / name).write_text(f"{Path('/etc', name).read_text().rstrip()}\n{line}\n")
    write(
        deployment,
        "libvirt-setup.sh",
        deployment.etc / "libvirt-setup.sh",
        directory=directory,
        host=COMPUTES[0],
    )
    emulator = deployment.shim / "qemu-system-x86_64"
    values: dict[str, object] = {
        "marker": MARKER,
        "identity": deployment.identity,
        "globals": " ".join(f"-global virtio-net-pci.{name}=off" for name in OFFLOADS),
    }
    write_private(emulator, render("qemu-system-x86_64", values))
    emulator.chmod(0o700)


def start(deployment: Deployment, processes: Processes) -> str | None:
    """Start the daemon in its own mount and host name namespaces."""
    for path in MOUNT_POINTS:
        Path(path).mkdir(parents=True, exist_ok=True)
    argv = ["unshare", "--mount", "--uts", "sh", str(deployment.etc / "libvirt-setup.sh")]
    started = processes.start(DAEMON, argv, deployment.environment())
    processes.wait(DAEMON, lambda: _virsh(deployment, "hostname") == COMPUTES[0], 60)
    return "libvirt runs" if started else None


def stop_guests(deployment: Deployment, processes: Processes) -> None:
    """Shut the guests down, as a host does that is itself shut down.

    Nova starts them again with its next start. Nova must have ended, or it would note that they
    were stopped.
    """
    if not processes.alive(DAEMON):
        return
    for guest in _running(deployment):
        _virsh(deployment, "shutdown", guest)
    with contextlib.suppress(StopIteration):
        for _ in range(2 * SHUTDOWN_SECONDS):
            if not _running(deployment):
                return
            interrupt.sleep(0.5)
    for guest in _running(deployment):
        _virsh(deployment, "destroy", guest)


def _running(deployment: Deployment) -> list[str]:
    return _virsh(deployment, "list", "--uuid").split()


def _virsh(deployment: Deployment, *arguments: str) -> str:
    argv = ["virsh", "--connect", uri(deployment), *arguments]
    return commands.output(argv, deployment.environment()).strip()
