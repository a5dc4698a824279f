# SPDX-License-Identifier: Apache-2.0
"""The compute hosts of the standalone OpenStack, to kill them."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from typing import Final

from tests.functional import standalone

# It is not an installed package, because it runs before anything is installed.
sys.path.insert(0, str(standalone.TOP / "devstack"))

from allinone import nova, settings
from allinone.deployment import Deployment
from allinone.processes import Processes

_DOWN_SECONDS: Final = 10.0


class Computes:
    """The processes of nova-compute."""

    def __init__(self) -> None:
        self._deployment = Deployment(settings.load())
        self._names: Iterator[str] = iter(())

    def kill_next(self) -> tuple[float, float]:
        """Kill the next one with SIGKILL, and start it again; when it was killed and started."""
        processes = Processes(self._deployment)
        name = next(self._names, None)
        if name is None:
            self._names = iter(nova.compute_names(self._deployment))
            name = next(self._names)
        for pid in processes.members().get(name, []):
            os.kill(pid, signal.SIGKILL)
        killed_at = time.time()
        time.sleep(_DOWN_SECONDS)
        processes.forget(name)
        nova.start_computes(self._deployment, processes)
        return killed_at, time.time()
