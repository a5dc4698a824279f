# SPDX-License-Identifier: Apache-2.0
"""A process of gunicorn that serves by the gateway's own server."""

import os
from typing import Any

from gunicorn.workers.base import Worker

from kic_vm.server.server import Server


class HttpWorker(Worker):
    """Starts, reloads and stops as gunicorn says, and serves with ``kic_vm.server``.

    The application of gunicorn has the limits: see ``kic_vm.cmd.api``.
    """

    def run(self) -> None:
        """Serve until told to stop."""
        server = Server(
            self.wsgi,
            self.sockets,
            self.app.limits,
            threads=self.cfg.threads,
            is_multiprocess=self.cfg.workers > 1,
        )
        server.serve(self._goes_on, self.notify, wake_up=self.PIPE[0])

    def _goes_on(self) -> bool:
        """Neither was this process told to stop, nor has it lost the one that started it."""
        is_parent_there: Any = self.ppid == os.getppid()
        return bool(self.alive and is_parent_there)
