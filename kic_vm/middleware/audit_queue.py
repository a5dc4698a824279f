# SPDX-License-Identifier: Apache-2.0
"""Send audit events to the message broker in a thread of their own.

A request only puts its event into a queue, so no answer waits for the broker. Events that the
broker does not take go to the log, as all events do without a broker.
"""

import atexit
import threading
from collections import deque
from typing import Any, Final, Protocol

from oslo_log import log as logging

LOG = logging.getLogger(__name__)

_LENGTH: Final = 1000
_STOP_SECONDS: Final = 3


class Notifier(Protocol):
    """Takes audit events."""

    def notify(self, context: object, event_type: str, payload: dict[str, Any], /) -> None:
        """Take one event."""


class AuditQueue:
    """The events of a process that wait for the broker.

    The thread starts with the first event: a process that only checks the configuration, or forks
    the ones that serve, must not have it.

    :param broker: sends an event, and may wait for as long as it wants
    :param log: gets the events that the queue or the broker does not take
    """

    def __init__(self, broker: Notifier, log: Notifier) -> None:
        self._broker = broker
        self._log = log
        self._events: deque[tuple[object, str, dict[str, Any]]] = deque()
        self._changed = threading.Condition()
        self._is_running = False

    def notify(self, context: object, event_type: str, payload: dict[str, Any], /) -> None:
        """Put an event into the queue, without waiting."""
        event = (context, event_type, payload)
        with self._changed:
            is_taken = len(self._events) < _LENGTH and self._start()
            if is_taken:
                self._events.append(event)
                self._changed.notify_all()
        if not is_taken:
            LOG.warning("The message broker is too slow: an audit event goes to the log")
            self._log.notify(*event)

    def stop(self) -> None:
        """Give the broker a short time for the remaining events, and log the rest."""
        with self._changed:
            self._changed.wait_for(lambda: not self._events, _STOP_SECONDS)
            events = list(self._events)
            self._events.clear()
        if events:
            LOG.warning(
                "The message broker is too slow: %d audit events go to the log", len(events)
            )
        for event in events:
            self._log.notify(*event)

    def _start(self) -> bool:
        """Start the thread if it does not run; False if the process has too many threads."""
        if not self._is_running:
            try:
                threading.Thread(target=self._run, name="audit", daemon=True).start()
            except RuntimeError:
                return False
            self._is_running = True
            atexit.register(self.stop)
        return True

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._events)
                event = self._events[0]
            try:
                self._broker.notify(*event)
            except Exception:
                LOG.exception("An audit event could not be sent: it goes to the log")
                self._log.notify(*event)
            with self._changed:
                # ``stop`` may have logged it in the meantime.
                if self._events and self._events[0] is event:
                    self._events.popleft()
                self._changed.notify_all()
