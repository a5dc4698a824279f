# SPDX-License-Identifier: Apache-2.0
"""kic-vm-api: serve the gateway."""

import contextlib
import os
import sys
from collections.abc import Sequence
from typing import Any, Final

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from oslo_config import cfg
from oslo_log import log as logging

from kic_vm import conf as configuration
from kic_vm import gc_tuning, policy
from kic_vm.cmd import descriptors, failures, listening, startup
from kic_vm.cmd.metrics_directory import metrics_directory
from kic_vm.conf import logs
from kic_vm.metrics.directory import ENVIRONMENT
from kic_vm.server.limits import Limits

LOG = logging.getLogger(__name__)

_COMMAND: Final = "kic-vm-api"
# By name, for what it imports has to wait for the directory of metrics.
_WORKER: Final = "kic_vm.cmd.http_worker.HttpWorker"
_STUCK_SECONDS: Final = 120


class Server(BaseApplication):
    """gunicorn, set up from [api] and [metrics].

    Each worker loads the application for itself, so no connection is shared between processes.
    On SIGTERM the server takes no new connections, and requests in flight are answered. On SIGHUP
    it reads the configuration again, and new workers with it take the place of the old ones,
    which answer what they have begun.
    """

    def __init__(
        self, arguments: Sequence[str], conf: cfg.ConfigOpts, enforcer: policy.Enforcer
    ) -> None:
        self._arguments = arguments
        self._conf = conf
        self._enforcer = enforcer
        super().__init__()

    def run(self) -> None:
        """Serve until told to stop."""
        Master(self).run()

    def load_config(self) -> None:
        """Put our settings over gunicorn's defaults."""
        api = self._conf.api
        settings = {
            "bind": listening.names(self._conf),
            "workers": api.workers,
            "threads": api.threads,
            "worker_class": _WORKER,
            "graceful_timeout": api.graceful_timeout,
            # For the accepting thread, which never waits for a client or a request.
            "timeout": _STUCK_SECONDS,
            "proc_name": "kic-vm-api",
            "loglevel": "warning",
            "control_socket_disable": True,
            "child_exit": _forget_gauges,
            "when_ready": self._log_start,
            "on_exit": lambda _master: startup.log_stop(_COMMAND),
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    @property
    def limits(self) -> Limits:
        """What a client gets of time, space and connections."""
        api = self._conf.api
        return Limits(
            head_timeout=api.head_timeout,
            body_timeout=api.body_timeout,
            minimum_rate=api.minimum_rate,
            keep_alive=api.keep_alive,
            graceful_timeout=api.graceful_timeout,
            body_maximum=self._conf.oslo_middleware.max_request_body_size,
            connections_maximum=descriptors.connections(api.max_connections),
        )

    def load(self) -> Any:
        """The WSGI application, in a worker.

        It uses the configuration and the policy rules of the first process: a file with an error
        must not stop a server that runs.
        """
        from kic_vm import deploy  # noqa: PLC0415 - not before the directory of metrics is there

        application = deploy.load_app(self._conf, self._enforcer)
        try:
            logs.setup(self._conf)
        except cfg.Error as error:
            LOG.warning("The log settings of the first process stay in force: %s", error)
        gc_tuning.apply()
        return application

    def read_configuration(self) -> bool:
        """Read the configuration again, and return whether it can be used.

        A configuration that cannot be used changes nothing.
        """
        try:
            conf = configuration.load(self._arguments)
            if bool(conf.metrics.port) != bool(self._conf.metrics.port):
                LOG.warning("[metrics] port: metrics are turned on or off by a restart only")
                conf.set_override("port", self._conf.metrics.port, "metrics")
            listening.check_new(conf, self._conf)
            enforcer = check(conf)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - it must not stop what runs
            problem = failures.one_line(error)
        else:
            startup.log_reload(conf)
            self._conf, self._enforcer = conf, enforcer
            return True
        logs.restore(self._conf)
        startup.log_refusal(problem)
        return False

    def _log_start(self, _master: object) -> None:
        startup.log_start(_COMMAND, self._conf, *listening.names(self._conf))


class Master(Arbiter):
    """gunicorn's first process. A reload with an invalid configuration keeps the workers."""

    def reload(self) -> None:
        """If the new configuration can be used, replace the workers."""
        if self.app.read_configuration():
            super().reload()


def _forget_gauges(_server: object, worker: Any) -> None:
    """Let no gauge of a process count that has ended."""
    if os.environ.get(ENVIRONMENT):
        from prometheus_client import multiprocess  # noqa: PLC0415 - it needs the directory

        multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def check(conf: cfg.ConfigOpts) -> policy.Enforcer:
    """Load the application once, to check the configuration, and set up the log.

    :returns: the policy rules, for the workers
    :raises oslo_config.cfg.Error: the configuration cannot be used
    """
    from kic_vm import deploy  # noqa: PLC0415 - not before the directory of metrics is there

    enforcer = policy.create_enforcer(conf)
    deploy.load_app(conf, enforcer)
    logs.setup(conf)
    return enforcer


def main() -> int:
    """Serve until told to stop."""
    arguments = sys.argv[1:]
    try:
        with contextlib.ExitStack() as stack:
            with logs.held_back():
                conf = configuration.load(arguments)
                stack.enter_context(metrics_directory(is_wanted=conf.metrics.port is not None))
                # Each worker loads the application for itself; an error is better reported once.
                server = Server(arguments, conf, check(conf))
                listening.check(conf)
            server.run()
    except failures.WRONG as error:
        return failures.report(_COMMAND, error)
    return 0


if __name__ == "__main__":
    sys.exit(main())
