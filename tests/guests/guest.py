# SPDX-License-Identifier: Apache-2.0
"""A guest as its user sees it: by ssh, and not otherwise."""

import subprocess
import time
from pathlib import Path

OPTIONS = (
    *("-o", "BatchMode=yes", "-o", "ConnectTimeout=8", "-o", "LogLevel=ERROR"),
    # public IPs are given again to other guests, and those have other host keys
    *("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"),
)
UNREACHABLE = 255  # ssh's own exit status


class Guest:
    """A guest with a public IP, and a key that lets in."""

    def __init__(self, address: str, user: str, key: Path) -> None:
        self.address = address
        self._command = ["ssh", *OPTIONS, "-i", str(key), f"{user}@{address}"]

    def try_ssh(self, command: str, within: float = 120) -> subprocess.CompletedProcess[str]:
        """The result of a command, whatever it is."""
        return subprocess.run(
            [*self._command, command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=within,
            check=False,
        )

    def ssh(self, command: str, within: float = 120) -> str:
        """What a command prints, which has to succeed."""
        done = self.try_ssh(command, within)
        assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout.strip()

    def wait_for_login(self, within: float) -> float:
        """Return when somebody can log in; how many seconds it took."""
        begin = time.monotonic()
        while (done := self.try_ssh("true")).returncode != 0:
            waited = time.monotonic() - begin
            assert waited < within, f"no login in {waited:.0f} s: {done.stderr}"
            time.sleep(2)
        return time.monotonic() - begin

    def lets_in(self) -> bool:
        """Whether anything answers at the port of ssh."""
        return self.try_ssh("true").returncode != UNREACHABLE

    def boot_id(self) -> str:
        """What is another one after every start of the kernel."""
        return self.ssh("cat /proc/sys/kernel/random/boot_id")

    def uptime(self) -> float:
        """Seconds since the kernel's start."""
        return float(self.ssh("cat /proc/uptime").split()[0])

    def checksum(self, path: str) -> str:
        """The SHA-256 of what is in a file or on a disk."""
        return self.ssh(f"sudo sha256sum {path}").split()[0]
