# SPDX-License-Identifier: Apache-2.0
"""Notifications of Nova and Cinder, received from their message bus by oslo.messaging.

The package is optional: it is imported only where [history] transport_url is set.
"""

import importlib
import re
import threading
import time
from collections.abc import Callable
from typing import Any, Final

import cachetools
from oslo_config import cfg
from oslo_log import log as logging

from kic_vm.cache.store import StoreUnavailable
from kic_vm.events.model import INSTANCE, VOLUME, Sighting
from kic_vm.events.stream import EventStream
from kic_vm.lifecycle.table import LifecycleTables
from kic_vm.metrics import events as metrics
from kic_vm.operations.worker.follower.sightings import sighting_of_instance, sighting_of_volume

JSON = dict[str, Any]

LOG = logging.getLogger(__name__)

_PACKAGE: Final = "oslo_messaging"
_VERSIONED: Final = re.compile(r"instance\.")
_UNVERSIONED: Final = re.compile(r"compute\.instance\.")
_VOLUME: Final = re.compile(r"volume\.(?!usage)")
_EVENT_TYPES: Final = r"^(instance\.|compute\.instance\.|volume\.)"
_RETRY_SECONDS: Final = 1.0
_NOTED_SECONDS: Final = 60.0
SERVICES: Final = {INSTANCE: "nova", VOLUME: "cinder"}
"""The services that send the notifications about each type of resource."""


def is_installed() -> bool:
    """Whether the optional package is installed. The import takes a second or more."""
    try:
        importlib.import_module(_PACKAGE)
    except ImportError:
        return False
    return True


def sighting_of(
    event_type: str, payload: JSON, timestamp: str | None, lifecycle: LifecycleTables
) -> Sighting | None:
    """The sighting in a notification; None if the notification contains no state of a resource.

    :param timestamp: the time at which the service sent the notification, in UTC
    """
    if _VERSIONED.match(event_type):
        data = payload.get("nova_object.data")
        return _of_versioned(event_type, data, timestamp, lifecycle) if data else None
    if _UNVERSIONED.match(event_type):
        return _of_unversioned(event_type, payload, timestamp, lifecycle)
    if _VOLUME.match(event_type):
        return _of_volume(event_type, payload, timestamp, lifecycle)
    return None


def _of_versioned(
    event_type: str, data: JSON, timestamp: str | None, lifecycle: LifecycleTables
) -> Sighting | None:
    if not {"uuid", "tenant_id", "state", "task_state"} <= data.keys():
        return None
    flavor = data.get("flavor") or {}
    return sighting_of_instance(
        lifecycle,
        project_id=data["tenant_id"],
        instance_id=data["uuid"],
        name=data.get("display_name"),
        flavor_id=flavor.get("nova_object.data", {}).get("flavorid"),
        vm_state=data["state"],
        task_state=data["task_state"],
        at=_iso(timestamp),
        is_deleted=event_type == "instance.delete.end",
    )


def _of_unversioned(
    event_type: str, payload: JSON, timestamp: str | None, lifecycle: LifecycleTables
) -> Sighting | None:
    if not {"instance_id", "tenant_id", "state"} <= payload.keys():
        return None
    # Without a task, some notifications have an empty text.
    task_state = payload.get("new_task_state", payload.get("state_description")) or None
    return sighting_of_instance(
        lifecycle,
        project_id=payload["tenant_id"],
        instance_id=payload["instance_id"],
        name=payload.get("display_name"),
        flavor_id=payload.get("instance_flavor_id"),
        vm_state=payload["state"],
        task_state=task_state,
        at=_iso(timestamp),
        is_deleted=event_type == "compute.instance.delete.end",
    )


def _of_volume(
    event_type: str, payload: JSON, timestamp: str | None, lifecycle: LifecycleTables
) -> Sighting | None:
    if not {"volume_id", "tenant_id", "status"} <= payload.keys():
        return None
    return sighting_of_volume(
        lifecycle,
        project_id=payload["tenant_id"],
        volume_id=payload["volume_id"],
        name=payload.get("display_name"),
        status=payload["status"],
        size=payload.get("size"),
        at=_iso(timestamp),
        is_deleted=event_type == "volume.delete.end",
    )


def _iso(timestamp: str | None) -> str | None:
    """The time of a notification, which oslo.messaging writes with a space, as RFC 3339."""
    return timestamp and timestamp.replace(" ", "T", 1)


class Listener:
    """Records the notifications of a message bus, one after the other."""

    def __init__(
        self, conf: cfg.ConfigOpts, lifecycle: LifecycleTables, stream: EventStream
    ) -> None:
        self._messaging = importlib.import_module(_PACKAGE)
        self._conf = conf
        self._endpoint = Endpoint(
            lifecycle,
            stream,
            event_filter=self._messaging.NotificationFilter(event_type=_EVENT_TYPES),
            requeue=self._messaging.NotificationResult.REQUEUE,
        )
        self._lock = threading.Lock()
        self._is_stopped = False
        self._close: Callable[[], None] | None = None
        """Ends the reception; None before it has begun."""
        self.has_failed = False
        """The message bus has refused the listener, which will receive nothing."""

    @property
    def has_received(self) -> bool:
        """Whether a notification about an instance or a volume has arrived."""
        return self._endpoint.has_received

    def start(self) -> None:
        """Start to receive as soon as the message bus answers; this does not wait for it."""
        threading.Thread(target=self._start, name="notifications", daemon=True).start()

    def _start(self) -> None:
        try:
            close = self._receive()
        except Exception:
            LOG.exception("Cannot receive notifications")
            self.has_failed = True
            return
        with self._lock:
            is_stopped = self._is_stopped
            self._close = close
        if is_stopped:  # while the message bus did not answer
            close()
        else:
            LOG.info("Receiving notifications")

    def _receive(self) -> Callable[[], None]:
        """Start to receive; the function that ends it."""
        options = self._conf.history
        transport = self._messaging.get_notification_transport(
            self._conf, url=options.transport_url
        )
        try:
            listener = self._messaging.get_notification_listener(
                transport,
                [self._messaging.Target(topic=topic) for topic in options.topics],
                [self._endpoint],
                allow_requeue=True,
            )
            # One thread keeps the order.
            listener.start(override_pool_size=1)
        except Exception:
            transport.cleanup()
            raise

        def close() -> None:
            listener.stop()
            listener.wait()
            transport.cleanup()

        return close

    def stop(self) -> None:
        """Record the current notification, and stop, also if the message bus answers only later."""
        with self._lock:
            self._is_stopped = True
            close = self._close
        if close is not None:
            close()


class Endpoint:
    """The methods that oslo.messaging calls for each notification, named by its priority."""

    def __init__(
        self,
        lifecycle: LifecycleTables,
        stream: EventStream,
        *,
        event_filter: Any,
        requeue: Any,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.filter_rule = event_filter
        self._lifecycle = lifecycle
        self._stream = stream
        self._requeue = requeue
        self._sleep = sleep
        self.has_received = False
        self._noted: cachetools.TTLCache[str, bool] = cachetools.TTLCache(2, _NOTED_SECONDS)

    def info(
        self, _context: Any, _publisher: str, event_type: str, payload: Any, metadata: JSON
    ) -> Any:
        """Record a notification. While Redis fails, it goes back to the queue."""
        try:
            sighting = sighting_of(event_type, payload, metadata.get("timestamp"), self._lifecycle)
            if sighting is not None:
                self.has_received = True
                self._note(sighting.event.type)
                written = self._stream.record([sighting])
                metrics.count_written(event.type for event in written)
        except StoreUnavailable:
            self._sleep(_RETRY_SECONDS)
            return self._requeue
        except Exception:
            LOG.exception("Ignored an unreadable notification %s", event_type)
        return None

    def _note(self, event_type: str) -> None:
        """Note for the upgrade check that the service sends notifications."""
        if event_type not in self._noted:
            self._stream.followers.note_notified(SERVICES[event_type])
            self._noted[event_type] = True

    error = info
    warn = info
    critical = info
