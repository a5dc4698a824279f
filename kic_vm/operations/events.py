# SPDX-License-Identifier: Apache-2.0
"""The event feed: the state changes of a project's instances and volumes, from Redis."""

import dataclasses
from collections.abc import Callable
from typing import Literal

from kic_vm import exceptions
from kic_vm.cache.store import StoreUnavailable
from kic_vm.events.hub import EventHub, Render, WaitingRequest
from kic_vm.events.model import GAP, Cursor, Event
from kic_vm.events.reader import CursorExpiredError, Entry, Page
from kic_vm.events.stream import EventStream
from kic_vm.operations.request import RequestServices

After = Cursor | Literal["oldest"] | None


@dataclasses.dataclass(frozen=True, slots=True)
class EventFilter:
    """Selects the events that a client wants. Gaps always match."""

    instance_id: str | None = None
    type: str | None = None

    def __call__(self, event: Event) -> bool:
        """Whether the client wants this event."""
        return event.type == GAP or (
            self.type in {None, event.type} and self.instance_id in {None, event.id}
        )


@dataclasses.dataclass(frozen=True, slots=True)
class EventList:
    """The events after a cursor, or the request that waits for them."""

    entries: list[Entry]
    cursor: Cursor
    followed_at: str | None
    waiting: WaitingRequest | None = None


def list_events(
    services: RequestServices,
    after: After,
    is_wanted: EventFilter,
) -> EventList:
    """The events of the caller's project after a cursor. No upstream call.

    :param after: a cursor; ``oldest`` for all events, None for the time from now on
    :raises NotOffered: the gateway has no Redis
    :raises CursorExpired: events after the cursor are no longer kept
    :raises EventsUnavailable: Redis does not answer
    """
    stream, project_id = _hub(services).stream, services.project_id
    return _failures_reported(lambda: _read(stream, project_id, after, is_wanted))


def wait_for_events(
    services: RequestServices,
    after: After,
    is_wanted: EventFilter,
    *,
    seconds: float,
    render: Render,
    is_stream: bool = False,
) -> EventList:
    """As ``list_events``, but without events, or for a stream, a request waits for more.

    ``waiting`` is the request that waits; None if there are events, or if too many requests wait.

    :param seconds: the maximum time to wait
    :param render: see WaitingRequest
    """
    hub, project_id = _hub(services), services.project_id

    def begin() -> EventList:
        # First wait, then read: so an event between both steps is not lost.
        waiting = hub.add(
            project_id,
            seconds=seconds,
            is_stream=is_stream,
            is_wanted=is_wanted,
            render=render,
        )
        try:
            result = _read(hub.stream, project_id, after, is_wanted, is_whole=is_stream)
        except BaseException:
            if waiting is not None:
                waiting.close()
            raise
        if waiting is None:
            return result
        if result.entries and not is_stream:
            waiting.close()
            return result
        waiting.start(result.entries, result.cursor, result.followed_at)
        return dataclasses.replace(result, waiting=waiting)

    return _failures_reported(begin)


def _read(
    stream: EventStream,
    project_id: str,
    after: After,
    is_wanted: EventFilter,
    *,
    is_whole: bool = False,
) -> EventList:
    """The matching events of the first page that has any; with ``is_whole``, of all pages."""
    page: Page = (
        stream.read(project_id, after)
        if after is None or isinstance(after, Cursor)
        else stream.read_oldest(project_id)
    )
    entries: list[Entry] = []
    while True:
        entries += [entry for entry in page.entries if is_wanted(entry[1])]
        if page.is_last or (entries and not is_whole):
            return EventList(entries, page.cursor, page.followed_at)
        page = stream.read(project_id, page.cursor)


def _hub(services: RequestServices) -> EventHub:
    hub = services.app_state.event_hub
    if hub is None:
        raise exceptions.NotOffered(
            "This gateway has no event feed, because [redis] url is not set. Ask the operator."
        )
    return hub


def _failures_reported(read: Callable[[], EventList]) -> EventList:
    try:
        return read()
    except CursorExpiredError as error:
        raise exceptions.CursorExpired from error
    except StoreUnavailable as error:
        raise exceptions.EventsUnavailable from error
