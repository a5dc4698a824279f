# SPDX-License-Identifier: Apache-2.0
"""What is in a volume, by the block store itself, as a guest would read and write it."""

import subprocess
from pathlib import Path

# In the standalone's own Python, which has Ceph's bindings.
_SCRIPT = """
import sys
import rados, rbd
_, conf, volume_id, action, offset, length = sys.argv
with rados.Rados(conffile=conf) as cluster, cluster.open_ioctx("volumes") as pool:
    with rbd.Image(pool, f"volume-{volume_id}", read_only=action == "read") as image:
        if action == "write":
            image.write(sys.stdin.buffer.read(), int(offset))
            image.flush()
        elif action == "read":
            sys.stdout.buffer.write(image.read(int(offset), int(length)))
        else:
            sys.stdout.write(str(image.size()))
"""


class BlockStore:
    """The volumes in the standalone's Ceph."""

    def __init__(self, standalone: Path) -> None:
        self._python = standalone / "venv/bin/python"
        self._conf = standalone / "etc/ceph.conf"

    def write(self, volume_id: str, offset: int, data: bytes) -> None:
        """Write bytes into a volume."""
        self._run(volume_id, "write", offset, data=data)

    def read(self, volume_id: str, offset: int, length: int) -> bytes:
        """Bytes of a volume."""
        return self._run(volume_id, "read", offset, length)

    def size(self, volume_id: str) -> int:
        """The size of a volume in bytes."""
        return int(self._run(volume_id, "size"))

    def _run(
        self, volume_id: str, action: str, offset: int = 0, length: int = 0, data: bytes = b""
    ) -> bytes:
        done = subprocess.run(
            [self._python, "-c", _SCRIPT, self._conf, volume_id, action, str(offset), str(length)],
            input=data,
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout
