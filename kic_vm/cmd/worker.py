"""kic-vm-worker: complete resizes, clear away ports, index keypairs in the background.

It needs no care: any number of them may run, none at all too, and each may be killed at any time.
"""

import argparse
import signal
import sys
import threading

from oslo_config import cfg
from oslo_log import log as logging

from kic_vm import conf as configuration
from kic_vm import deploy
from kic_vm.context import RequestContext
from kic_vm.operations import upkeep
from kic_vm.operations.scope import Platform, Scope

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
    try:
        conf = configuration.load(rest)
        logging.setup(conf, "kic-vm")
        platform = deploy.load_platform(conf)
    except cfg.Error as error:
        print(f"kic-vm-worker: {error}", file=sys.stderr)
        return 2
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    work(platform, stopped, is_once=args.once)
    return 0


def work(platform: Platform, stopped: threading.Event, *, is_once: bool = False) -> None:
    """Round after round, until ``stopped`` is set."""
    while not stopped.is_set():
        # A context of its own for each round: its request id is in OpenStack's logs too.
        context = RequestContext(auth=platform.cloud.service_auth)
        try:
            upkeep.run(Scope.of(platform, context))
        except Exception:
            LOG.exception("Unforeseen error in this round")
        if is_once:
            return
        stopped.wait(platform.conf.worker.interval)


if __name__ == "__main__":
    sys.exit(main())
