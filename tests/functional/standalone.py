# SPDX-License-Identifier: Apache-2.0
"""The standalone OpenStack: where its credentials are, and having it run."""

import contextlib
import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TextIO

import openstack

TOP: Final = Path(__file__).resolve().parents[2]
# As devstack/standalone itself: another data directory has its own credentials.
DATA: Final = os.environ.get("KIC_VM_STANDALONE_DIR")
DIRECTORY: Final = Path(DATA) if DATA else TOP / ".standalone"
# Each process of pytest-xdist has a domain of its own.
LANE: Final = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
FIRST_LANE: Final = "gw0"
DEMO: Final = (
    Path(os.environ.get("KIC_VM_DEMO_DIR") or (Path(DATA) / "demo" if DATA else TOP / ".demo"))
    if LANE == FIRST_LANE
    else DIRECTORY / "tests" / LANE
)
_NOTHING_RUNS: Final = 3
_COMMAND: Final = TOP / "devstack" / "standalone"


@contextlib.contextmanager
def running(*options: str) -> Iterator[Path]:
    """The directory of its credentials, while it runs.

    It is left running if any of it ran before, else the last process that uses it takes it down.

    :param options: of its command ``up``
    """
    tests = DIRECTORY / "tests"
    tests.mkdir(mode=0o700, parents=True, exist_ok=True)
    started = tests / "started"  # exists if nothing ran before the tests
    with (tests / "users").open("w") as users:
        with locked(tests / "changes"):
            alone = _lock_at_once(users)
            status = subprocess.run([_COMMAND, "status"], capture_output=True, check=False)
            if status.returncode == _NOTHING_RUNS:
                started.touch()
            elif alone:
                started.unlink(missing_ok=True)
            # pytest hides what a fixture prints, and minutes of silence look like a hang.
            subprocess.run([_COMMAND, "up", *options], check=True, stdout=sys.__stderr__)
            if LANE != FIRST_LANE:
                subprocess.run([_COMMAND, "domain", f"tests-{LANE}", DEMO], check=True)
            fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield DEMO
        finally:
            with locked(tests / "changes"):
                if _lock_at_once(users) and started.exists():
                    subprocess.run([_COMMAND, "down"], check=True, stdout=sys.__stderr__)
                    started.unlink()


@contextlib.contextmanager
def locked(path: Path, operation: int = fcntl.LOCK_EX) -> Iterator[None]:
    """Hold a lock on a file.

    :param operation: ``fcntl.LOCK_EX``, or ``fcntl.LOCK_SH`` to share it with other processes
    """
    with path.open("w") as file:
        fcntl.flock(file, operation)
        yield


def _lock_at_once(file: TextIO) -> bool:
    """Lock a file exclusively, unless another process has a lock on it; whether it is locked."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def connect(persona: str) -> openstack.connection.Connection:
    """OpenStack itself as a persona, around the gateway."""
    loader = openstack.config.OpenStackConfig(config_files=[str(DEMO / "clouds.yaml")])
    return openstack.connection.Connection(config=loader.get_one(persona))
