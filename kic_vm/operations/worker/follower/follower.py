# SPDX-License-Identifier: Apache-2.0
"""The follower reads the changes of the cloud at each tick; only one follower works at a time."""

import datetime
import threading
from collections.abc import Callable
from typing import Final

from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.cache.store import StoreUnavailable
from kic_vm.events.model import GAP, Sighting, iso_of_milliseconds, microseconds
from kic_vm.events.stream import EventStream
from kic_vm.metrics import events as metrics
from kic_vm.operations.request import AppState, RequestServices
from kic_vm.operations.worker.follower import notifications
from kic_vm.operations.worker.follower.sources import Reading, Servers, Source, Volumes

LOG = logging.getLogger(__name__)

_LEASE_MINIMUM: Final = 10.0
_LEASE_TICKS: Final = 3
# With notifications, a tick records only changes that no notification has reported in this time.
_NOTIFIED_SECONDS: Final = 5.0


class Follower:
    """Follows the state changes of the whole cloud.

    :param make_services: returns services of a cloud admin, such as the gateway's own user
    """

    def __init__(
        self,
        app_state: AppState,
        stream: EventStream,
        make_services: Callable[[AppState], RequestServices],
    ) -> None:
        self._app_state = app_state
        self._stream = stream
        self._make_services = make_services
        self._options = app_state.conf.history
        self._sources: tuple[Source, ...] = (
            Servers(self._options.full_interval),
            Volumes(self._options.full_interval),
        )
        ticks_seconds = _LEASE_TICKS * self._options.interval
        self._lease_seconds = max(_LEASE_MINIMUM, ticks_seconds)
        self._gap_seconds = max(self._options.gap_after, ticks_seconds)
        self._lease = stream.followers.lease()
        self._is_informed = False
        """The sources know what other followers have seen."""
        self._may_have_missed = False
        """Deletions between another follower and this one may be missing, and need a gap."""
        self._is_recovering = False
        self._last_end = 0
        self._listener: notifications.Listener | None = None
        self._has_bus = bool(self._options.transport_url)
        if self._has_bus and not notifications.is_installed():
            LOG.error("[history] transport_url needs a package: pip install kic-vm[notifications]")
            self._has_bus = False

    def follow(self, stopped: threading.Event) -> None:
        """Follow until ``stopped`` is set."""
        while not stopped.is_set():
            self._try_tick()
            stopped.wait(self._options.interval)
        self.stop()

    def follow_once(self) -> None:
        """Follow for one tick."""
        self._try_tick()
        self.stop()

    def _try_tick(self) -> None:
        try:
            self.tick()
        except (exceptions.KicVmError, StoreUnavailable) as error:
            LOG.warning("Could not follow the changes of the cloud: %r", error)
        except Exception:
            LOG.exception("Unexpected error while following the changes of the cloud")

    def stop(self) -> None:
        """Stop following, so that another follower can start at once."""
        self._stop_listening()
        try:
            self._stream.followers.release(self._lease)
        except StoreUnavailable:
            return

    def tick(self) -> bool:
        """Record the changes since the last tick; False if another follower works.

        Usually three upstream calls. If no follower has worked for [history] gap_after, the
        streams get a gap first. While Nova or Cinder fails, the changes of the other service are
        recorded, and the next tick reads all changes since the last complete one.

        :raises StoreUnavailable: Redis fails
        """
        stream = self._stream
        if not self._acquire_lease():
            self._stop_listening()
            return False
        self._listen()
        self._learn()
        began, followed = stream.now(), stream.followers.followed_until()
        # A long tick of this follower is not a gap.
        is_gap = (
            followed is None
            or self._may_have_missed
            or began - max(followed, self._last_end) > self._gap_seconds * 1000
        )
        readings = self._read(began if followed is None else followed, is_gap=is_gap)
        is_complete = len(readings) == len(self._sources)
        if is_gap and is_complete:
            self._record_gap(followed)
        sightings = [sighting for reading in readings.values() for sighting in reading.sightings]
        self._record(sightings, began, is_start=followed is None)
        for source, reading in readings.items():
            source.settle(reading)
            if reading.is_full and not self._may_have_missed:
                stream.known.note_all(source.type)
        if not is_complete:
            return True
        stream.followers.note_followed(began)
        self._app_state.recent_lists.note_follower(self._lease_seconds)
        self._last_end = stream.now()
        metrics.show_followed(began / 1000)
        return True

    def _acquire_lease(self) -> bool:
        """Renew or acquire the lease; False while another follower holds it."""
        followers = self._stream.followers
        if followers.renew(self._lease, self._lease_seconds):
            return True
        self._is_informed = False
        return followers.acquire(self._lease, self._lease_seconds)

    def _learn(self) -> None:
        """Learn which resources other followers have seen, if there may have been any.

        The next complete list shows which of them are missing.
        """
        if self._is_informed:
            return
        for source in self._sources:
            if not source.learn(self._stream.known):
                self._may_have_missed = True
        self._is_informed = True

    def _read(self, since: int, *, is_gap: bool) -> dict[Source, Reading]:
        """The readings of all sources that could be read."""
        services = self._make_services(self._app_state)
        moment = datetime.datetime.fromtimestamp(since / 1000, datetime.UTC)
        # While a service fails, the gap stays open. The complete lists are read once for each gap.
        is_full = is_gap and not self._is_recovering
        readings = {}
        for source in self._sources:
            try:
                readings[source] = source.read(services, moment, is_full=is_full)
            except exceptions.KicVmError as error:
                LOG.warning("Could not read the changes of %s: %r", source.service_name, error)
            except Exception:  # such as a resource that lacks a field
                LOG.exception("Could not read the changes of %s", source.service_name)
        self._is_recovering = len(readings) < len(self._sources)
        return readings

    def _record_gap(self, followed: int | None) -> None:
        projects = set().union(*(source.project_ids for source in self._sources))
        since = None if followed is None else iso_of_milliseconds(followed)
        count = self._stream.record_gap(projects, since)
        self._may_have_missed = False
        metrics.count_written([GAP] * count)
        LOG.info("No worker has followed the changes of the cloud since %s", since or "the start")

    def _record(self, sightings: list[Sighting], read_began: int, *, is_start: bool) -> None:
        """Record the changes in the order in which they happened.

        At the first start, no state counts as a change, except a deletion.
        """
        if self._listener is not None and self._listener.has_received and not is_start:
            latest = (read_began - int(_NOTIFIED_SECONDS * 1000)) * 1000
            sightings = [
                sighting for sighting in sightings if microseconds(sighting.event.at) <= latest
            ]
        sightings.sort(key=lambda sighting: sighting.event.at or "9")
        written = self._stream.record(
            Sighting(
                sighting.project_id,
                sighting.event,
                read_began=read_began,
                is_change=not is_start or sighting.event.deleted,
            )
            for sighting in sightings
        )
        metrics.count_written(event.type for event in written)

    def _listen(self) -> None:
        """Receive notifications, unless the message bus is already in use or asked."""
        if not self._has_bus or (self._listener is not None and not self._listener.has_failed):
            return
        listener = notifications.Listener(
            self._app_state.conf, self._app_state.translation.lifecycle, self._stream
        )
        listener.start()
        self._listener = listener

    def _stop_listening(self) -> None:
        if self._listener is not None:
            self._listener.stop()
            self._listener = None
