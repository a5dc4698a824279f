# SPDX-License-Identifier: Apache-2.0
"""The standalone OpenStack: where its credentials are, and having it run."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import openstack

TOP: Final = Path(__file__).resolve().parents[2]
# As devstack/standalone itself: another data directory has its own credentials.
DATA: Final = os.environ.get("KIC_VM_STANDALONE_DIR")
DEMO: Final = Path(
    os.environ.get("KIC_VM_DEMO_DIR") or (Path(DATA) / "demo" if DATA else TOP / ".demo")
)
DIRECTORY: Final = Path(DATA) if DATA else TOP / ".standalone"
_NOTHING_RUNS: Final = 3
_COMMAND: Final = TOP / "devstack" / "standalone"


@contextlib.contextmanager
def running(*options: str) -> Iterator[Path]:
    """The directory of its credentials, while it runs.

    It is left running if any of it ran before, else taken down in the end.

    :param options: of its command ``up``
    """
    status = subprocess.run([_COMMAND, "status"], capture_output=True, check=False)
    # pytest hides what a fixture prints, and minutes of silence look like a hang.
    subprocess.run([_COMMAND, "up", *options], check=True, stdout=sys.__stderr__)
    try:
        yield DEMO
    finally:
        if status.returncode == _NOTHING_RUNS:
            subprocess.run([_COMMAND, "down"], check=True, stdout=sys.__stderr__)


def connect(persona: str) -> openstack.connection.Connection:
    """OpenStack itself as a persona, around the gateway."""
    loader = openstack.config.OpenStackConfig(config_files=[str(DEMO / "clouds.yaml")])
    return openstack.connection.Connection(config=loader.get_one(persona))
