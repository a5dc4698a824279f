"""kic-vm-api: serve the gateway."""

import os
import sys
from typing import Any

from gunicorn.app.base import BaseApplication
from oslo_config import cfg

from kic_vm import conf as configuration
from kic_vm import deploy
from kic_vm.cmd.http_worker import HttpWorker
from kic_vm.lifecycle.model import LifecycleTableError
from kic_vm.middleware.routes import RouteError


class Server(BaseApplication):
    """gunicorn, set up from [api].

    Each worker loads the application for itself, so no connection is shared between processes.
    On SIGTERM the server takes no new connections, and requests in flight are answered.
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self._settings = {
            "bind": f"{_host(conf.api.host)}:{conf.api.port}",
            "workers": conf.api.workers,
            "threads": conf.api.threads,
            "worker_class": HttpWorker,
            "limit_request_line": 8190,
            "graceful_timeout": conf.api.graceful_timeout,
            "keepalive": conf.api.keep_alive,
            "timeout": 0,  # a thread may wait for OpenStack; upstream calls have their own limit
            "proc_name": "kic-vm-api",
            "loglevel": "warning",
            "control_socket_disable": True,
        }
        super().__init__()

    def load_config(self) -> None:
        """Put our settings over gunicorn's defaults."""
        for name, value in self._settings.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """The WSGI application, in a worker."""
        from kic_vm.wsgi import application  # noqa: PLC0415 - each worker makes its own

        return application


def _host(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def main() -> int:
    """Serve until told to stop."""
    try:
        conf = configuration.load(sys.argv[1:])
        # Workers load it for themselves; what is wrong with it is better said once, and here.
        deploy.load_app(conf)
    except (cfg.Error, LifecycleTableError, RouteError) as error:
        print(f"kic-vm-api: {error}", file=sys.stderr)
        return 2
    if conf.config_file:
        os.environ[configuration.ENVIRONMENT] = conf.config_file[-1]
    Server(conf).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
