# SPDX-License-Identifier: Apache-2.0
"""The guides' commands for disks, on files in the place of a guest's disks."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.guides import Kind, blocks, page

MIB = 2**20
SECTOR = 512
DATA = b"what is on the disk"
BIOS_BOOT = "21686148-6449-6E6F-744E-656564454649"


class Disk:
    """A file that commands take for a disk of the guest."""

    def __init__(self, path: Path, device: str) -> None:
        self.path = path
        self._device = device

    def resize(self, size: int) -> None:
        """Make it as large as a volume that has been extended."""
        with self.path.open("ab") as file:
            file.truncate(size)

    def run(self, *commands: str) -> str:
        """What commands for the device print; as root, who needs no sudo."""
        script = "".join(commands).replace(self._device, str(self.path)).replace("sudo ", "")
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            env={**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin", "LC_ALL": "C"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def partition(self) -> None:
        """Give it an MBR with one partition, as an image has, and data in that."""
        self.run(f"printf '2048,,83,*\\n' | sfdisk -q --label dos {self.path}\n")
        with self.path.open("r+b") as file:
            file.seek(2048 * SECTOR)
            file.write(DATA)

    def table(self) -> dict[str, Any]:
        """Its partition table."""
        found: dict[str, Any] = json.loads(self.run(f"sfdisk -J {self.path}\n"))["partitiontable"]
        return found

    def blocks(self) -> int:
        """Bytes of the ext4 file system on it."""
        text = self.run(f"dumpe2fs -h {self.path} 2>&1\n")
        count, size = (
            re.search(rf"^Block {what}: +(\d+)$", text, re.M) for what in ("count", "size")
        )
        assert count
        assert size
        return int(count[1]) * int(size[1])


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    """The root disk."""
    made = Disk(tmp_path / "disk", "/dev/vda")
    made.resize(64 * MIB)
    made.partition()
    return made


def commands(name: str, device: str) -> list[str]:
    """The guide's blocks that work on a device, and that a file will do for."""
    found = [one.commands for one in blocks(page("en", name)) if one.kind is Kind.DISK]
    return [one for one in found if device in one]


def test_partition_grows(disk: Disk) -> None:
    """growpart has the partition fill the extended disk, and its data stay."""
    disk.resize(128 * MIB)
    (grow,) = commands("extend-filesystem", "/dev/vda")
    assert "CHANGED" in disk.run(grow)
    (partition,) = disk.table()["partitions"]
    assert partition["start"] == 2048
    assert (partition["start"] + partition["size"]) * SECTOR > 127 * MIB
    assert disk.path.read_bytes()[2048 * SECTOR :].startswith(DATA)


def test_file_system_grows(tmp_path: Path) -> None:
    """What a whole data volume was formatted with fills it after it was extended."""
    disk = Disk(tmp_path / "data", "/dev/vdb")
    disk.resize(32 * MIB)
    disk.run(*commands("volumes-and-snapshots", "/dev/vdb"))
    assert disk.blocks() == 32 * MIB
    disk.resize(96 * MIB)
    disk.run(*commands("extend-filesystem", "/dev/vdb"))
    assert disk.blocks() == 96 * MIB


def test_table_becomes_a_gpt(disk: Disk) -> None:
    """The partition stays where it is, the boot loader gets one, and then the first one grows."""
    convert, boot, grow = commands("root-volume-gpt", "/dev/vda")
    disk.resize(65 * MIB)  # the guide extends the volume before
    disk.run(convert)
    assert "No problems found" in disk.run(boot)
    disk.resize(128 * MIB)
    disk.run(grow)
    table = disk.table()
    assert table["label"] == "gpt"
    by_start = sorted(table["partitions"], key=lambda one: int(one["start"]))
    assert [one["start"] for one in by_start] == [34, 2048]
    assert by_start[0]["type"] == BIOS_BOOT
    assert (by_start[1]["start"] + by_start[1]["size"]) * SECTOR > 127 * MIB
    assert disk.path.read_bytes()[2048 * SECTOR :].startswith(DATA)
