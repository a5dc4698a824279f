# SPDX-License-Identifier: Apache-2.0
"""A circuit breaker: calls to a service that is known to be down fail at once.

A single request can fail for its own reasons: a list is slow, or an instance is on a failed host.
So repeated failures do not open the circuit by themselves: they make the gateway send a cheap probe
to the service. Only if the service does not answer the probe is it considered down. The same probe
closes the circuit again. Callers' requests are never used as probes.
"""

import math
import threading
from collections.abc import Callable

from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.metrics import upstreams as metrics

LOG = logging.getLogger(__name__)


class CircuitBreaker:
    """The circuit of one service.

    :param service: the service's type in the service catalog
    :param failures: number of consecutive failures that start the probe; 0 for never
    :param pause: seconds between two probes of a service that is down
    """

    def __init__(self, service: str, failures: int, pause: float) -> None:
        self._service = service
        self._limit = failures
        self._pause = pause
        self._failures = 0
        self._is_open = False
        self._is_watched = False
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self.probe: Callable[[], None] | None = None
        """The probe. It raises an UpstreamError that names the service that is down."""

    def check(self) -> None:
        """Check that calls are allowed.

        :raises UpstreamUnavailable: the service is known to be down
        """
        if self._is_open:
            metrics.count_refusal(self._service, "down")
            error = exceptions.UpstreamUnavailable(self._service)
            error.retry_after = math.ceil(self._pause)
            raise error

    def note_answer(self) -> None:
        """Note that the service has answered a call."""
        self._failures = 0

    def note_failure(self) -> None:
        """Note a failure of the kind that calls to a service that is down have."""
        with self._lock:
            self._failures += 1
            is_run = 0 < self._limit <= self._failures
            is_needed = is_run and not self._is_watched and not self._stopped.is_set()
            if not is_needed or self.probe is None:
                return
            self._is_watched = True
        name = f"circuit-{self._service}"
        watcher = threading.Thread(target=self._watch, args=(self.probe,), name=name, daemon=True)
        try:
            watcher.start()
        except RuntimeError:  # the process cannot start a thread: try again at the next failure
            LOG.warning("There is no thread to probe %s: its circuit stays closed", self._service)
            with self._lock:
                self._is_watched = False

    def stop(self) -> None:
        """Probe no more; the circuit stays closed.

        Afterwards, the metric belongs to another breaker of the process for the same service.
        """
        with self._lock:
            self._stopped.set()
            if self._is_open:
                self._is_open = False
                metrics.show_circuit(self._service, is_open=False)

    def _watch(self, probe: Callable[[], None]) -> None:
        """Probe the service until it answers; meanwhile the circuit is open."""
        try:
            while not self._stopped.is_set() and not self._is_up(probe):
                self._set_open(is_open=True)
                self._stopped.wait(self._pause)
        finally:
            self._set_open(is_open=False)
            with self._lock:
                self._failures = 0
                self._is_watched = False

    def _is_up(self, probe: Callable[[], None]) -> bool:
        """Whether the service answers, or its state is unknown because another service failed."""
        try:
            probe()
        except exceptions.KicVmError as error:
            return error.details.get("service") != self._service
        return True

    def _set_open(self, *, is_open: bool) -> None:
        with self._lock:
            if is_open == self._is_open or self._stopped.is_set():
                return
            self._is_open = is_open
            metrics.show_circuit(self._service, is_open=is_open)
        if is_open:
            LOG.warning("%s is down: calls to it fail at once until it answers", self._service)
        else:
            LOG.warning("%s answers again", self._service)
