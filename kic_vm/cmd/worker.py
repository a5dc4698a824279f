# SPDX-License-Identifier: Apache-2.0
"""kic-vm-worker: confirm resizes, delete unused ports, index keypairs and follow state changes.

Workers are stateless: run any number, or none, and stop any of them at any time. On SIGHUP a worker
reloads its configuration before its next round.
"""

import signal
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Final, Self

import prometheus_client
from oslo_config import cfg
from oslo_log import log as logging

from kic_vm import conf as configuration
from kic_vm import deploy
from kic_vm.cmd import arguments, failures, startup
from kic_vm.conf import logs
from kic_vm.context import RequestContext
from kic_vm.metrics.registry import REGISTRY
from kic_vm.operations.request import AppState, RequestServices
from kic_vm.operations.worker import upkeep
from kic_vm.operations.worker.follower.follower import Follower

LOG = logging.getLogger(__name__)

_STOP_SECONDS: Final = 15.0
_COMMAND: Final = "kic-vm-worker"


def main() -> int:
    """Run rounds of work until a signal stops the worker."""
    parser = arguments.new_parser(
        _COMMAND, __doc__, "The other options of kic-vm-api are accepted, too, such as --debug."
    )
    parser.add_argument("--once", action="store_true", help="exit after one round")
    args = arguments.parse_with_others(parser, sys.argv[1:])
    stopped, reload = threading.Event(), Reload(args.configuration)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    signal.signal(signal.SIGHUP, lambda *_: reload.requested.set())
    try:
        with logs.held_back():
            app_state = _load(args.configuration)
            _serve_metrics(app_state.conf)
    except failures.WRONG as error:
        return failures.report(_COMMAND, error)
    startup.log_start(_COMMAND, app_state.conf)
    failed = work(app_state, stopped, is_once=args.once, reload=reload)
    startup.log_stop(_COMMAND)
    if args.once and failed:
        return failures.report(_COMMAND, f"jobs failed: {', '.join(failed)}", failures.FAILED)
    return 0


def _load(configuration_arguments: Sequence[str]) -> AppState:
    conf = configuration.load(configuration_arguments)
    app_state = deploy.load_app_state(conf)
    logs.setup(conf)
    return app_state


def _serve_metrics(conf: cfg.ConfigOpts) -> None:
    options = conf.metrics
    if options.worker_port:
        try:
            prometheus_client.start_http_server(options.worker_port, options.host, REGISTRY)
        except OSError as error:
            raise cfg.ConfigFileValueError(
                f"[metrics] host and worker_port: cannot listen on {options.host} port "
                f"{options.worker_port}: {error.strerror}"
            ) from error


class Reload:
    """Reloads the worker's configuration and state on request.

    [metrics] is read only once, at the start of the process.
    """

    def __init__(self, configuration_arguments: Sequence[str]) -> None:
        self._arguments = configuration_arguments
        self.requested = threading.Event()

    def __call__(self, app_state: AppState) -> AppState:
        """The state for the current configuration; an invalid configuration changes nothing."""
        if not self.requested.is_set():
            return app_state
        self.requested.clear()
        try:
            reloaded = _load(self._arguments)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - it must not stop what runs
            problem = failures.one_line(error)
        else:
            startup.log_reload(reloaded.conf)
            app_state.cloud.close()
            return reloaded
        logs.restore(app_state.conf)
        startup.log_refusal(problem)
        return app_state


def work(
    app_state: AppState,
    stopped: threading.Event,
    *,
    is_once: bool = False,
    reload: Callable[[AppState], AppState] = lambda app_state: app_state,
) -> list[str]:
    """Run rounds until ``stopped`` is set; the names of the jobs that failed in the last round.

    :param reload: returns the state for the next round
    """
    failed: list[str] = []
    with Following() as following:
        while not stopped.is_set():
            app_state = reload(app_state)
            following.use(app_state, is_once=is_once)
            try:
                failed = upkeep.run(gateway_services(app_state))
            except Exception:
                LOG.exception("Unexpected error in this round")
                failed = ["all"]
            if is_once:
                break
            stopped.wait(app_state.conf.worker.interval)
    return failed


def gateway_services(app_state: AppState) -> RequestServices:
    """The services of the gateway's own user for one round, or one tick of the follower.

    Each round and tick has a request id of its own, which also appears in OpenStack's logs.
    """
    return RequestServices.of(app_state, RequestContext(auth=app_state.cloud.service_auth))


class Following:
    """The follower of this worker, in a thread of its own."""

    def __init__(self) -> None:
        self._app_state: AppState | None = None
        self._stopped = threading.Event()
        self._ended = threading.Event()
        self._ended.set()

    def __enter__(self) -> Self:
        """Start without a follower."""
        return self

    def __exit__(self, *_failure: object) -> None:
        """Stop following."""
        self._stop()

    def use(self, app_state: AppState, *, is_once: bool) -> None:
        """Start a follower with an application state, unless one with this state already runs.

        :param is_once: follow for one tick, and return
        """
        if app_state is self._app_state:
            return
        self._stop()
        self._app_state, self._stopped = app_state, threading.Event()
        hub = app_state.event_hub
        if hub is None or not app_state.conf.history.follow:
            return
        follower = Follower(app_state, hub.stream, gateway_services)
        if is_once:
            self._stopped.set()
            follower.follow_once()
            return
        self._ended = threading.Event()
        threading.Thread(
            target=self._follow, args=(follower, self._stopped, self._ended), daemon=True
        ).start()

    @staticmethod
    def _follow(follower: Follower, stopped: threading.Event, ended: threading.Event) -> None:
        try:
            follower.follow(stopped)
        finally:
            ended.set()

    def _stop(self) -> None:
        self._stopped.set()
        # A call to a service that does not answer must not keep the worker from stopping.
        self._ended.wait(_STOP_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
