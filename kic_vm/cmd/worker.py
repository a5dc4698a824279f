"""kic-vm-worker: complete resizes, clear away ports, index keypairs in the background.

It needs no care: any number of them may run, none at all too, and each may be killed at any time.
On SIGHUP it reads its configuration again, before its next round.
"""

import argparse
import signal
import sys
import threading
from collections.abc import Callable, Sequence

import prometheus_client
from oslo_config import cfg
from oslo_log import log as logging

from kic_vm import conf as configuration
from kic_vm import deploy
from kic_vm.conf import logs
from kic_vm.context import RequestContext
from kic_vm.metrics.registry import REGISTRY
from kic_vm.operations.request import AppState, RequestServices
from kic_vm.operations.worker import upkeep

LOG = logging.getLogger(__name__)


def main() -> int:
    """Work until told to stop."""
    parser = argparse.ArgumentParser(
        prog="kic-vm-worker",
        description=__doc__,
        epilog="Other options are those of oslo.config, such as --config-file and --debug.",
    )
    parser.add_argument("--once", action="store_true", help="end after one round of work")
    args, rest = parser.parse_known_args()
    stopped, renewal = threading.Event(), Renewal(rest)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    signal.signal(signal.SIGHUP, lambda *_: renewal.asked.set())
    try:
        app_state = _load(rest)
        _serve_metrics(app_state.conf)
    except (cfg.Error, OSError) as error:
        print(f"kic-vm-worker: {error}", file=sys.stderr)
        return 2
    LOG.info("The worker begins")
    work(app_state, stopped, is_once=args.once, renewed=renewal)
    return 0


def _load(arguments: Sequence[str]) -> AppState:
    conf = configuration.load(arguments)
    app_state = deploy.load_app_state(conf)
    logs.setup(conf)
    return app_state


def _serve_metrics(conf: cfg.ConfigOpts) -> None:
    options = conf.metrics
    if options.worker_port:
        prometheus_client.start_http_server(options.worker_port, options.host, REGISTRY)


class Renewal:
    """What the worker works with, read anew where that was asked for.

    [metrics] is for the whole life of the process.
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        self._arguments = arguments
        self.asked = threading.Event()

    def __call__(self, app_state: AppState) -> AppState:
        """The state for the configuration as it is now; a wrong configuration changes nothing."""
        if not self.asked.is_set():
            return app_state
        self.asked.clear()
        try:
            renewed = _load(self._arguments)
        except (cfg.Error, SystemExit) as error:  # argparse exits
            LOG.warning("The worker goes on with the configuration that it has: %s", error)
            return app_state
        LOG.info("The configuration is taken up anew")
        return renewed


def work(
    app_state: AppState,
    stopped: threading.Event,
    *,
    is_once: bool = False,
    renewed: Callable[[AppState], AppState] = lambda app_state: app_state,
) -> None:
    """Round after round, until ``stopped`` is set.

    :param renewed: what a round is to work with, given what the last one has worked with
    """
    while not stopped.is_set():
        app_state = renewed(app_state)
        # A context of its own for each round: its request id is in OpenStack's logs too.
        context = RequestContext(auth=app_state.cloud.service_auth)
        try:
            upkeep.run(RequestServices.of(app_state, context))
        except Exception:
            LOG.exception("Unforeseen error in this round")
        if is_once:
            return
        stopped.wait(app_state.conf.worker.interval)


if __name__ == "__main__":
    sys.exit(main())
