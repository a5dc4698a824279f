# SPDX-License-Identifier: Apache-2.0
"""A guest as its user sees it: by ssh, and not otherwise."""

import os
import subprocess
import tempfile
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
    # the default takes an emulated processor a second longer
    *("-o", "KexAlgorithms=curve25519-sha256"),
)
COMMAND_SECONDS: Final = 180 * PATIENCE
UNREACHABLE = 255  # ssh's own exit status


class Guest:
    """A guest with a public IP, and a key that lets in.

    After ``wait_for_login``, the commands share one connection, because each login takes several
    seconds of an emulated processor.
    """

    def __init__(self, address: str, user: str, key: Path) -> None:
        self.address = address
        self._arguments = [*OPTIONS, "-i", str(key), f"{user}@{address}"]
        self._directory = tempfile.TemporaryDirectory(prefix="kic-vm-ssh-")
        self._socket = Path(self._directory.name) / "socket"
        self._connection: subprocess.Popen[bytes] | None = None

    def ssh(self, command: str) -> str:
        """What a command prints, which has to succeed."""
        done = self.try_ssh(command)
        assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout.strip()

    def try_ssh(self, command: str) -> subprocess.CompletedProcess[str]:
        """The result of a command, whatever it is.

        Without a shared connection, ssh opens a new one.
        """
        return self._run(command, "-o", f"ControlPath={self._socket}")

    def wait_for_login(self, within: float) -> float:
        """Return when somebody can log in; how many seconds it took."""
        self.close()
        begin = time.monotonic()
        while (done := self._connect()).returncode != 0:
            waited = time.monotonic() - begin
            assert waited < within, f"no login in {waited:.0f} s: {done.stderr}"
            time.sleep(2)
        self._share_connection()
        return time.monotonic() - begin

    def close(self) -> None:
        """End the shared connection, which does not survive the guest's end."""
        if self._connection:
            self._connection.terminate()
            self._connection.wait()
        self._connection = None
        self._socket.unlink(missing_ok=True)

    def _share_connection(self) -> None:
        arguments = ["-N", "-o", "ControlMaster=yes", "-o", f"ControlPath={self._socket}"]
        self._connection = subprocess.Popen(
            ["ssh", *arguments, *self._arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        end = time.monotonic() + CONNECT_SECONDS
        while not self._socket.exists() and time.monotonic() < end:
            time.sleep(0.2)

    def _connect(self) -> subprocess.CompletedProcess[str]:
        # ssh uses the first value of an option
        return self._run("true", "-o", f"ConnectTimeout={TRY_SECONDS}")

    def _run(self, command: str, *options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["ssh", *options, *self._arguments, command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )

    def lets_in(self) -> bool:
        """Whether anything answers at the port of ssh."""
        return self._connect().returncode != UNREACHABLE

    def boot_id(self) -> str:
        """What is another one after every start of the kernel."""
        return self.ssh("cat /proc/sys/kernel/random/boot_id")

    def uptime(self) -> float:
        """Seconds since the kernel's start."""
        return float(self.ssh("cat /proc/uptime").split()[0])

    def checksum(self, path: str) -> str:
        """The SHA-256 of what is in a file or on a disk."""
        return self.ssh(f"sudo sha256sum {path}").split()[0]
