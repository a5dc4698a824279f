"""kic-vm-api: serve the gateway."""

import os
import sys
from collections.abc import Sequence
from typing import Any, Final

from gunicorn.app.base import BaseApplication
from oslo_config import cfg
from oslo_log import log as logging

from kic_vm import conf as configuration
from kic_vm import gc_tuning
from kic_vm.cmd import descriptors
from kic_vm.cmd.metrics_directory import metrics_directory
from kic_vm.conf import logs
from kic_vm.lifecycle.model import LifecycleTableError
from kic_vm.metrics.directory import ENVIRONMENT
from kic_vm.middleware.routes import RouteError
from kic_vm.server.limits import Limits

LOG = logging.getLogger(__name__)

# By name, for what it imports has to wait for the directory of metrics.
_WORKER: Final = "kic_vm.cmd.http_worker.HttpWorker"
_STUCK_SECONDS: Final = 120
_WRONG: Final = (cfg.Error, LifecycleTableError, RouteError)


class Server(BaseApplication):
    """gunicorn, set up from [api] and [metrics].

    Each worker loads the application for itself, so no connection is shared between processes.
    On SIGTERM the server takes no new connections, and requests in flight are answered. On SIGHUP
    it reads the configuration again, and new workers with it take the place of the old ones,
    which answer what they have begun.
    """

    def __init__(self, arguments: Sequence[str], conf: cfg.ConfigOpts) -> None:
        self._arguments = arguments
        self._conf = conf
        super().__init__()

    def load_config(self) -> None:
        """Put our settings over gunicorn's defaults."""
        api, metrics = self._conf.api, self._conf.metrics
        addresses = [(api.host, api.port)]
        if metrics.port:
            addresses.append((metrics.host, metrics.port))
        settings = {
            "bind": [f"{_host(host)}:{port}" for host, port in addresses],
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
        """The WSGI application, in a worker."""
        application = load_app(self._conf)
        gc_tuning.apply()
        return application

    def reload(self) -> None:
        """Take up what the configuration says now; one that cannot work changes nothing."""
        try:
            conf = configuration.load(self._arguments)
            if bool(conf.metrics.port) != bool(self._conf.metrics.port):
                LOG.warning("[metrics] port: metrics are turned on or off by a restart only")
                conf.set_override("port", self._conf.metrics.port, "metrics")
            load_app(conf)
        except (*_WRONG, SystemExit) as error:  # argparse exits
            LOG.warning("The server goes on with the configuration that it has: %s", error)
        else:
            LOG.info("The configuration is taken up anew")
            self._conf = conf
        super().reload()


def _forget_gauges(_server: object, worker: Any) -> None:
    """Let no gauge of a process count that has ended."""
    if os.environ.get(ENVIRONMENT):
        from prometheus_client import multiprocess  # noqa: PLC0415 - it needs the directory

        multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def load_app(conf: cfg.ConfigOpts) -> Any:
    """The application, and its log."""
    from kic_vm import deploy  # noqa: PLC0415 - not before the directory of metrics is there

    application = deploy.load_app(conf)
    logs.setup(conf)
    return application


def _host(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def main() -> int:
    """Serve until told to stop."""
    arguments = sys.argv[1:]
    try:
        conf = configuration.load(arguments)
        with metrics_directory(is_wanted=conf.metrics.port is not None):
            # Each worker does this for itself; what is wrong is better said once, and here.
            load_app(conf)
            Server(arguments, conf).run()
    except _WRONG as error:
        print(f"kic-vm-api: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
