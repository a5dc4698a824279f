# SPDX-License-Identifier: Apache-2.0
"""The requests of this process that wait for events, and the thread that receives new events.

The thread has one subscription for all projects. It decrypts an event once, and only if a request
waits for the events of the project.
"""

import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Final

from oslo_log import log as logging

from kic_vm.cache.store import StoreUnavailable
from kic_vm.events.model import Cursor, Event, Position
from kic_vm.events.reader import Entry
from kic_vm.events.stream import EventStream
from kic_vm.events.subscription import Subscription
from kic_vm.metrics import events as metrics

LOG = logging.getLogger(__name__)

_TURN_SECONDS: Final = 1.0
_KEEP_ALIVE_SECONDS: Final = 15.0
# A client with more unsent events than this starts again from its last event.
_MOST_UNSENT: Final = 1000
# A subscription can be lost before a request is added.
_ATTEMPTS: Final = 3

Render = Callable[[list[Entry], Cursor, str | None], bytes]
_BEGIN: Final = Cursor(Position(0, 0), "")


class WaitingRequest:
    """A request that waits for the events of its project: a HeldAnswer for the server.

    It collects new events as soon as it exists, and can be answered after ``start``.

    :param is_wanted: whether the client wants an event
    :param render: makes the body, or the next part of it, from entries, the cursor after them, and
        the time until which changes are known
    """

    def __init__(
        self,
        hub: "EventHub",
        project_id: str,
        *,
        seconds: float,
        is_stream: bool,
        is_wanted: Callable[[Event], bool],
        render: Render,
    ) -> None:
        self.project_id = project_id
        self.is_stream = is_stream
        self._hub = hub
        self._cursor = _BEGIN
        self._followed_at: str | None = None
        self._end = time.monotonic() + seconds
        self._last_part = time.monotonic()
        self._is_wanted = is_wanted
        self._render = render
        self._entries: list[Entry] = []
        self._wake: Callable[[], None] | None = None
        self._lock = threading.Lock()

    @property
    def due(self) -> float:
        """See HeldAnswer."""
        if self.is_stream:
            return min(self._end, self._last_part + _KEEP_ALIVE_SECONDS)
        return self._end

    def call_on_news(self, wake: Callable[[], None]) -> None:
        """See HeldAnswer."""
        self._wake = wake

    def has_news(self) -> bool:
        """See HeldAnswer."""
        return bool(self._entries) or self._end == 0

    def next_part(self) -> tuple[bytes, bool]:
        """See HeldAnswer."""
        with self._lock:
            entries, self._entries = self._entries, []
            cursor = self._cursor
        self._last_part = time.monotonic()
        is_last = not self.is_stream or self._last_part >= self._end
        return self._render(entries, cursor, self._followed_at), is_last

    def close(self) -> None:
        """See HeldAnswer."""
        self._hub.remove(self)

    def start(self, entries: list[Entry], cursor: Cursor, followed_at: str | None) -> None:
        """Wait for the events after a cursor.

        :param entries: events before the cursor that the client does not have yet
        :param followed_at: the time until which changes are known
        """
        with self._lock:
            new = [entry for entry in self._entries if entry[0] > cursor.position]
            self._entries = [*entries, *new]
            self._cursor = Cursor(max(self._cursor.position, cursor.position), cursor.epoch)
            self._followed_at = followed_at

    def offer(self, entry: Entry) -> None:
        """Add a new event of the project, if the client wants it.

        No effect once the request must be answered: the client continues after its last event.
        """
        position, event = entry
        with self._lock:
            if position <= self._cursor.position or self._end == 0:
                return
            self._cursor = Cursor(position, self._cursor.epoch)
            is_wanted = self._is_wanted(event)
            if is_wanted:
                self._entries.append(entry)
            if len(self._entries) > _MOST_UNSENT:
                self._end = 0
        if is_wanted:
            self._notify()

    def end(self) -> None:
        """Answer now, with the events so far."""
        self._end = 0
        self._notify()

    def _notify(self) -> None:
        if self._wake is not None:
            self._wake()


class EventHub:
    """The waiting requests of this process.

    :param maximum: maximum number of waiting requests
    """

    def __init__(self, stream: EventStream, maximum: int) -> None:
        self.stream = stream
        self._maximum = maximum
        self._forget()
        os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, set[WaitingRequest]] = defaultdict(set)
        self._count = 0
        self._is_subscribed = False
        self._attempt: Future[None] | None = None
        """The attempt to subscribe that is in progress."""

    def add(
        self,
        project_id: str,
        *,
        seconds: float,
        is_stream: bool,
        is_wanted: Callable[[Event], bool],
        render: Render,
    ) -> WaitingRequest | None:
        """A request that gets each new event from now on; None if too many requests wait.

        :raises StoreUnavailable: Redis fails
        """
        request = WaitingRequest(
            self,
            project_id,
            seconds=seconds,
            is_stream=is_stream,
            is_wanted=is_wanted,
            render=render,
        )
        for _attempt in range(_ATTEMPTS):
            if self._add(request):
                metrics.count_waiting(1)
                return request
            if self._count >= self._maximum:
                return None
            self._subscribe()
        raise StoreUnavailable("ConnectionError")  # each subscription was lost at once

    def _add(self, request: WaitingRequest) -> bool:
        """Add a request if there is a subscription and room; whether it was added."""
        with self._lock:
            if not self._is_subscribed or self._count >= self._maximum:
                return False
            self._count += 1
            self._waiting[request.project_id].add(request)
            return True

    def remove(self, request: WaitingRequest) -> None:
        """Forget a request; no effect if it was removed before."""
        with self._lock:
            requests = self._waiting.get(request.project_id, set())
            if request not in requests:
                return
            requests.remove(request)
            if not requests:
                del self._waiting[request.project_id]
            self._count -= 1
        metrics.count_waiting(-1)

    def _subscribe(self) -> None:
        """Subscribe, if there is no subscription. Concurrent callers share one attempt.

        The lock is free meanwhile: waiting requests can end while Redis does not answer.
        """
        with self._lock:
            if self._is_subscribed:
                return
            attempt, is_new = self._attempt, self._attempt is None
            if attempt is None:
                attempt = self._attempt = Future()
        if not is_new:
            attempt.result()
            return
        try:
            self._start()
        except BaseException as error:
            attempt.set_exception(error)
            raise
        else:
            attempt.set_result(None)
        finally:
            with self._lock:
                self._attempt = None

    def _start(self) -> None:
        subscription = self.stream.subscribe()
        with self._lock:
            self._is_subscribed = True
        try:
            threading.Thread(
                target=self._follow, args=(subscription,), name="events", daemon=True
            ).start()
        except RuntimeError:  # the process has too many threads
            self._end(subscription)
            raise

    def _follow(self, subscription: Subscription) -> None:
        try:
            while True:
                message = subscription.next_message(_TURN_SECONDS)
                if message is not None:
                    self._deliver(message)
        except StoreUnavailable as error:
            LOG.warning("Redis failed (%s): all requests that wait for events are answered", error)
        except Exception:
            LOG.exception("Unexpected error: all requests that wait for events are answered")
        finally:
            self._end(subscription)

    def _end(self, subscription: Subscription) -> None:
        """End a subscription, and answer all requests, because events may be missing.

        The next requests of the clients read these events from Redis.
        """
        subscription.close()
        with self._lock:
            self._is_subscribed = False
            requests = [request for group in self._waiting.values() for request in group]
        for request in requests:
            request.end()

    def _deliver(self, message: bytes) -> None:
        project_id = message.partition(b" ")[0].decode(errors="replace")
        with self._lock:
            requests: Iterable[WaitingRequest] = list(self._waiting.get(project_id, ()))
        if not requests:
            return
        opened = self.stream.opened(message)
        if opened is not None:
            for request in requests:
                request.offer(opened[1])
