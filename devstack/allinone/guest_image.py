# SPDX-License-Identifier: Apache-2.0
"""The image that guests really boot from: a small Debian, made here from Debian's packages.

It is made once for a data directory, and again when what it is made of has changed; `reset` keeps
it. Neither a loop device nor a mount is needed: the file system is filled by mke2fs, and the boot
loader is written into the gap before the first partition.
"""

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from . import commands
from .deployment import Deployment

SUITE = "bookworm"
RECIPE = Path(__file__).resolve().parent / "guest"
PACKAGES = (
    *("linux-image-cloud-amd64", "initramfs-tools", "zstd", "systemd-sysv", "udev", "dbus"),
    *("cloud-init", "cloud-guest-utils", "openssh-server", "sudo", "iproute2", "util-linux"),
    # sudo looks up the name of its host; without this, it asks the subnet's DNS server
    "libnss-myhostname",
    # the guides' commands for disks and boot loaders
    *("e2fsprogs", "xfsprogs", "gdisk", "parted", "grub-pc-bin", "grub2-common"),
)
LEFT_OUT = (
    *("/usr/share/doc/*", "/usr/share/info/*", "/usr/share/locale/*", "/usr/share/man/*"),
    # the kernel finds the root disk without udev, and much sooner
    "/usr/share/initramfs-tools/*/udev",
)
SECTOR = 512
MIB = 2**20
FIRST_SECTOR = MIB // SECTOR  # of the only partition
FILE_SYSTEM = 1200 * MIB
BOOT_CODE = 440  # bytes of a boot sector before the disk's signature and its partitions


def path(deployment: Deployment) -> Path:
    """Where the image is, a qcow2 file."""
    return deployment.home / "guest-image" / f"{fingerprint()}.qcow2"


def ensure(deployment: Deployment) -> str | None:
    """Make the image unless it is there; this takes about two minutes."""
    image = path(deployment)
    if image.exists():
        return None
    directory = image.parent
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    with tempfile.TemporaryDirectory(dir=directory) as work:
        made = _make(deployment, Path(work))
        made.replace(image)
    return "guest image made"


def fingerprint() -> str:
    """A hash of what the image is made of, the versions of the packages apart."""
    digest = hashlib.sha256(f"{SUITE} {PACKAGES} {LEFT_OUT} {FILE_SYSTEM}".encode())
    for file in sorted(file for file in RECIPE.rglob("*") if file.is_file()):
        digest.update(f"{file.relative_to(RECIPE)}\n".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def _make(deployment: Deployment, work: Path) -> Path:
    root, file_system, disk = work / "root", work / "file-system", work / "disk.raw"
    _install(deployment, root, work / "overlay")
    with file_system.open("wb") as stream:
        stream.truncate(FILE_SYSTEM)
    _run(deployment, "mke2fs", "-q", "-t", "ext4", "-L", "root", "-d", root, file_system)
    grub = root / "boot/grub/i386-pc"
    boot, core = (grub / "boot.img").read_bytes(), (grub / "core.img").read_bytes()
    _assemble(deployment, disk, file_system, boot, core)
    image = work / "disk.qcow2"
    _run(deployment, "qemu-img", "convert", "-f", "raw", "-O", "qcow2", disk, image)
    return image


def _install(deployment: Deployment, root: Path, overlay: Path) -> None:
    shutil.copytree(RECIPE / "overlay", overlay, copy_function=_copy)
    _run(
        deployment,
        *("mmdebstrap", "--mode=root", "--format=directory", "--variant=minbase"),
        *(f"--dpkgopt=path-exclude={paths}" for paths in LEFT_OUT),
        '--aptopt=Apt::Install-Recommends "false"',
        f"--include={','.join(PACKAGES)}",
        # before the kernel is installed, because that makes the initramfs
        f"--essential-hook=sync-in {overlay} /",
        f"--customize-hook={RECIPE / 'customize.sh'}",
        *(SUITE, root),
    )


def _copy(source: str, target: str) -> None:
    """Copy a file, readable by everybody whatever the umask of the repository's owner is."""
    shutil.copyfile(source, target)
    Path(target).chmod(0o755 if os.access(source, os.X_OK) else 0o644)


def _assemble(
    deployment: Deployment, disk: Path, file_system: Path, boot: bytes, core: bytes
) -> None:
    """Make the disk: boot sector and partition table, the boot loader's core, the partition."""
    if SECTOR + len(core) > FIRST_SECTOR * SECTOR:
        raise ValueError("the boot loader does not fit before the first partition")
    start = FIRST_SECTOR * SECTOR
    _run(deployment, "truncate", "-s", str(start + FILE_SYSTEM), disk)
    table = f"label: dos\n{FIRST_SECTOR},,83,*\n"
    commands.run("sfdisk", ["sfdisk", "-q", disk], _log(deployment), _environment(), stdin=table)
    with disk.open("r+b") as stream:
        stream.write(boot[:BOOT_CODE])
        stream.seek(SECTOR)
        stream.write(core)
    offset = f"seek={FIRST_SECTOR * SECTOR // MIB}"
    copy = [f"if={file_system}", f"of={disk}", "bs=1M", offset, "conv=notrunc,sparse"]
    _run(deployment, "dd", "status=none", *copy)


def _run(deployment: Deployment, *argv: str | os.PathLike[str]) -> None:
    commands.run(str(argv[0]), argv, _log(deployment), _environment())


def _log(deployment: Deployment) -> Path:
    return deployment.logs / "guest-image.log"


def _environment() -> dict[str, str]:
    """The caller's environment, where apt may find its proxy, with a complete search path."""
    search = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin:/sbin:/bin"
    return {**os.environ, "PATH": search, "LC_ALL": "C.UTF-8"}
