# SPDX-License-Identifier: Apache-2.0
"""A recorder of Nova's versioned notifications, with a queue of its own.

The queue is bound to the exchange and the topic of the notifications that the follower reads, so
both get every notification, and neither depends on the other.
"""

import contextlib
import datetime
import json
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import kombu

from tests.proofs.history.truth import Notification

JSON = dict[str, Any]

_EXCHANGE: Final = "nova"
_PRIORITIES: Final = ("info", "error", "warn")
_POLL_SECONDS: Final = 0.5
_READY_SECONDS: Final = 30.0


def notification_of(message: JSON) -> Notification | None:
    """The pair of states in a message of oslo.messaging; None if it contains none."""
    payload = message["payload"].get("nova_object.data", {})
    if not message["event_type"].startswith("instance.") or "state" not in payload:
        return None
    moment = datetime.datetime.fromisoformat(message["timestamp"]).replace(tzinfo=datetime.UTC)
    return Notification(
        instance_id=payload["uuid"],
        vm_state=payload["state"],
        task_state=payload["task_state"],
        at=moment.timestamp(),
        is_deleted=message["event_type"] == "instance.delete.end",
    )


class Recorder:
    """Records all notifications about instances until it is stopped.

    :param url: of the message bus
    :param topic: of the notifications
    """

    def __init__(self, url: str, topic: str) -> None:
        self._url = url
        self._topic = topic
        self._lock = threading.Lock()
        self._notifications: list[Notification] = []
        self._ready, self._stopped = threading.Event(), threading.Event()
        self._failure: Exception | None = None
        self.on_notification: Callable[[Notification], None] | None = None
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)

    def start(self) -> None:
        """Start, and return when no further notification will be missed."""
        self._thread.start()
        assert self._ready.wait(_READY_SECONDS), f"no message bus: {self._failure!r}"

    def stop(self) -> None:
        """Stop."""
        self._stopped.set()
        self._thread.join()
        assert self._failure is None, f"the recorder has missed notifications: {self._failure!r}"

    def notifications(self) -> list[Notification]:
        """What was recorded."""
        with self._lock:
            return list(self._notifications)

    def wait_until_quiet(self, seconds: float) -> None:
        """Return when no notification has come for some seconds."""
        count = -1
        while count != (count := len(self.notifications())):
            time.sleep(seconds)

    def _run(self) -> None:
        try:
            with kombu.Connection(self._url) as connection:
                self._consume(connection)
        except Exception as error:  # noqa: BLE001 - the proof reports it
            self._failure = error

    def _consume(self, connection: Any) -> None:
        # The services have declared the exchange.
        exchange = kombu.Exchange(_EXCHANGE, passive=True)
        channel = connection.channel()
        queue = kombu.Queue(
            f"kic-vm-proof-{uuid.uuid4()}",
            exchange,
            exclusive=True,
            auto_delete=True,
            durable=False,
            bindings=[
                kombu.binding(exchange, routing_key=f"{self._topic}.{priority}")
                for priority in _PRIORITIES
            ],
            channel=channel,
        )
        queue.declare()
        with kombu.Consumer(channel, [queue], on_message=self._record, no_ack=True):
            self._ready.set()
            while not self._stopped.is_set():
                with contextlib.suppress(TimeoutError):
                    connection.drain_events(timeout=_POLL_SECONDS)

    def _record(self, message: Any) -> None:
        envelope = json.loads(message.body)
        notification = notification_of(json.loads(envelope["oslo.message"]))
        if notification is None:
            return
        with self._lock:
            self._notifications.append(notification)
        if self.on_notification is not None:
            self.on_notification(notification)


def message_bus(configuration: Path) -> str:
    """The URL of the message bus in a configuration of the gateway, as kombu takes it."""
    for line in configuration.read_text().splitlines():
        name, _equals, value = line.partition("=")
        if name.strip() == "transport_url":
            url = value.strip().partition("?")[0]
            return url.replace("rabbit://", "amqp://", 1).rstrip("/") + "//"
    raise AssertionError(f"{configuration} has no transport_url")
