# SPDX-License-Identifier: Apache-2.0
"""What DevStack asks of systemctl, without systemd: the unit's command in a process of its own."""

import configparser
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

UNITS = Path(os.environ["PLACE"]) / "systemd"


def is_running(pid: int) -> bool:
    """Whether the process is there, and not just its exit status."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def start(unit: Path) -> None:
    """Start the unit's command, with the environment that the unit gives it."""
    config = configparser.RawConfigParser()
    config.read(unit)
    service = config["Service"]
    given = dict(pair.split("=", 1) for pair in shlex.split(service.get("Environment", "")))
    with unit.with_suffix(".log").open("a") as log:
        process = subprocess.Popen(
            shlex.split(service["ExecStart"]),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env={"HOME": os.environ["HOME"]} | given,
        )
    unit.with_suffix(".pid").write_text(str(process.pid))


def stop(unit: Path) -> int:
    """End the unit's main process, as systemd does with KillMode=process."""
    pid = int(unit.with_suffix(".pid").read_text())
    if is_running(pid):
        os.kill(pid, signal.SIGTERM)
    end = time.monotonic() + 90
    while is_running(pid):
        if time.monotonic() > end:
            os.kill(pid, signal.SIGKILL)
            return 1
        time.sleep(0.1)
    unit.with_suffix(".pid").unlink()
    return 0


def main(command: str, *names: str) -> int:
    """The exit status that systemctl would have."""
    if command == "daemon-reload":
        return 0
    unit = UNITS / names[0]
    enabled = unit.with_suffix(".enabled")
    if command == "enable":
        enabled.touch()
    elif command == "is-enabled":
        return 0 if enabled.exists() else 1
    elif command == "start":
        start(unit)
    elif command == "stop":
        return stop(unit)
    elif command == "disable":
        enabled.unlink()
    else:
        sys.exit(f"systemctl {command} is not known here")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
