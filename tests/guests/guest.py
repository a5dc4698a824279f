# SPDX-License-Identifier: Apache-2.0
"""A guest as its user sees it: by ssh, and not otherwise."""

import os
import subprocess
import time
from pathlib import Path
from typing import Final

# Every time limit is multiplied by it, on a machine that has other work too.
PATIENCE: Final = float(os.environ.get("KIC_VM_GUESTS_PATIENCE", "1"))
# The SSH server of an emulated guest needs seconds to answer a new connection.
CONNECT_SECONDS: Final = int(30 * PATIENCE)
# A guest that is not ready yet is tried again instead.
TRY_SECONDS: Final = int(8 * PATIENCE)
OPTIONS = (
    *("-o", "BatchMode=yes", "-o", f"ConnectTimeout={CONNECT_SECONDS}", "-o", "LogLevel=ERROR"),
    # public IPs are given again to other guests, and those have other host keys
    *("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"),
)
COMMAND_SECONDS: Final = 180 * PATIENCE
UNREACHABLE = 255  # ssh's own exit status


class Guest:
    """A guest with a public IP, and a key that lets in."""

    def __init__(self, address: str, user: str, key: Path) -> None:
        self.address = address
        self._arguments = [*OPTIONS, "-i", str(key), f"{user}@{address}"]

    def try_ssh(
        self, command: str, connect_seconds: int = CONNECT_SECONDS
    ) -> subprocess.CompletedProcess[str]:
        """The result of a command, whatever it is."""
        # ssh uses the first value of an option
        options = ["-o", f"ConnectTimeout={connect_seconds}"]
        return subprocess.run(
            ["ssh", *options, *self._arguments, command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )

    def ssh(self, command: str) -> str:
        """What a command prints, which has to succeed."""
        done = self.try_ssh(command)
        assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout.strip()

    def wait_for_login(self, within: float) -> float:
        """Return when somebody can log in; how many seconds it took."""
        begin = time.monotonic()
        while (done := self.try_ssh("true", TRY_SECONDS)).returncode != 0:
            waited = time.monotonic() - begin
            assert waited < within, f"no login in {waited:.0f} s: {done.stderr}"
            time.sleep(2)
        return time.monotonic() - begin

    def lets_in(self) -> bool:
        """Whether anything answers at the port of ssh."""
        return self.try_ssh("true", TRY_SECONDS).returncode != UNREACHABLE

    def boot_id(self) -> str:
        """What is another one after every start of the kernel."""
        return self.ssh("cat /proc/sys/kernel/random/boot_id")

    def uptime(self) -> float:
        """Seconds since the kernel's start."""
        return float(self.ssh("cat /proc/uptime").split()[0])

    def checksum(self, path: str) -> str:
        """The SHA-256 of what is in a file or on a disk."""
        return self.ssh(f"sudo sha256sum {path}").split()[0]
