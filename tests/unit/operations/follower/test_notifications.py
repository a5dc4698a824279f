# SPDX-License-Identifier: Apache-2.0
"""Notifications of Nova and Cinder."""

import threading
import time
from collections.abc import Callable
from typing import Any

import oslo_messaging
import pytest
from oslo_config import cfg

from kic_vm.cache.store import StoreUnavailable
from kic_vm.events.model import Sighting
from kic_vm.events.stream import EventStream
from kic_vm.lifecycle.table import load_tables
from kic_vm.operations.worker.follower import notifications
from kic_vm.operations.worker.follower.follower import Follower
from tests.unit.fake_redis import FakeRedis
from tests.unit.operations.follower.conftest import PROJECT, states

JSON = dict[str, Any]
AT = "2026-11-27 10:00:00.123456"


def versioned(state: str, task_state: str | None) -> JSON:
    """Nova's payload of an update, without the fields that nobody reads."""
    return {
        "nova_object.name": "InstanceUpdatePayload",
        "nova_object.data": {
            "uuid": "i",
            "tenant_id": PROJECT,
            "display_name": "web",
            "state": state,
            "task_state": task_state,
            "flavor": {"nova_object.data": {"flavorid": "m1"}},
            "state_update": {"nova_object.data": {"old_task_state": "wrong"}},
        },
    }


def unversioned(state: str, task_state: str | None, **more: Any) -> JSON:
    """Nova's payload in the older format."""
    return {
        "instance_id": "i",
        "tenant_id": PROJECT,
        "display_name": "web",
        "instance_flavor_id": "m1",
        "state": state,
        "state_description": task_state or "",
        **more,
    }


def volume(status: str) -> JSON:
    names = {"volume_id": "v", "tenant_id": PROJECT, "display_name": "data"}
    return names | {"status": status, "size": 10}


def sighting_of(event_type: str, payload: JSON) -> Sighting | None:
    return notifications.sighting_of(event_type, payload, AT, load_tables())


@pytest.mark.parametrize(
    ("event_type", "payload", "state", "is_deleted"),
    [
        ("instance.update", versioned("active", "powering-off"), "Powering-off", False),
        ("instance.power_off.end", versioned("stopped", None), "Stopped", False),
        ("instance.delete.end", versioned("active", "deleting"), "Deleting", True),
        ("compute.instance.update", unversioned("building", "spawning"), "Spawning", False),
        (
            "compute.instance.update",
            unversioned("active", "x", new_task_state="rebooting"),
            "Rebooting",
            False,
        ),
        ("compute.instance.update", unversioned("active", None), "Active", False),
        ("compute.instance.delete.end", unversioned("active", "deleting"), "Deleting", True),
    ],
)
def test_instances(event_type: str, payload: JSON, state: str, is_deleted: bool) -> None:
    """Both of Nova's formats show the state, the flavor and the time of sending."""
    sighting = sighting_of(event_type, payload)
    assert sighting is not None
    event = sighting.event
    assert (sighting.project_id, event.type, event.id) == (PROJECT, "instance", "i")
    assert (event.state, event.deleted) == (state, is_deleted)
    assert (event.name, event.flavor_id) == ("web", "m1")
    assert event.at == "2026-11-27T10:00:00.123456Z"


@pytest.mark.parametrize(
    ("event_type", "status", "state", "is_deleted"),
    [
        ("volume.create.end", "available", "Active", False),
        ("volume.attach.end", "in-use", "In-use", False),
        ("volume.delete.end", "deleting", "Deleting", True),
    ],
)
def test_volumes(event_type: str, status: str, state: str, is_deleted: bool) -> None:
    """A volume's notification shows its status."""
    sighting = sighting_of(event_type, volume(status))
    assert sighting is not None
    assert (sighting.event.id, sighting.event.state, sighting.event.size) == ("v", state, 10)
    assert sighting.event.deleted is is_deleted


@pytest.mark.parametrize(
    ("event_type", "payload"),
    [
        ("instance.update", {}),
        ("instance.exists", {"nova_object.data": {"uuid": "i"}}),
        ("compute.instance.update", {"instance_id": "i"}),
        ("volume.usage", volume("in-use")),
        ("volume.create.end", {}),
        ("flavor.create", {}),
    ],
)
def test_no_state(event_type: str, payload: JSON) -> None:
    """Other notifications are ignored."""
    assert sighting_of(event_type, payload) is None


def test_listener(conf: cfg.ConfigOpts, stream: EventStream) -> None:
    """Notifications on the own topic become events; one that cannot be read stops nothing."""
    conf.set_override("transport_url", "fake://", "history")
    listener = notifications.Listener(conf, load_tables(), stream)
    listener.start()
    transport = oslo_messaging.get_notification_transport(conf, url="fake://")
    notifier = oslo_messaging.Notifier(
        transport, "nova-compute:host", driver="messagingv2", topics=["kic_vm"]
    )
    notifier.info({}, "instance.update", {"nova_object.data": 1})
    notifier.info({}, "instance.update", versioned("active", "powering-off"))
    notifier.info({}, "instance.update", versioned("error", None))
    while len(states(stream)) < 2:
        time.sleep(0.01)
    listener.stop()
    assert states(stream) == ["Powering-off", "Error"]


class Bus:
    """A message bus that a listener starts to use when the test lets it."""

    def __init__(self, conf: cfg.ConfigOpts, monkeypatch: pytest.MonkeyPatch) -> None:
        self.starts = 0
        self.thread: threading.Thread | None = None
        """The thread of the last start."""
        self.failures: list[Exception] = []
        self.answers = threading.Event()
        self.answers.set()
        transport = oslo_messaging.get_notification_transport(conf, url="fake://")
        self._notifier = oslo_messaging.Notifier(
            transport, "nova-compute:host", driver="messagingv2", topics=["kic_vm"]
        )
        server = oslo_messaging.notify.listener.NotificationServer
        create = server._create_listener

        def create_later(listener: Any) -> Any:
            self.thread = threading.current_thread()
            self.starts += 1
            assert self.answers.wait(20)
            if self.failures:
                raise self.failures.pop()
            return create(listener)

        monkeypatch.setattr(server, "_create_listener", create_later)

    def notify(self, state: str, task_state: str | None = None) -> None:
        """Send a notification about an instance."""
        self._notifier.info({}, "instance.update", versioned(state, task_state))


class TestBus:
    """A follower and a message bus that fails."""

    @pytest.fixture
    def options(self) -> str:
        return (
            f"[redis]\nurl = redis://redis.test/0\nsecret = {'s' * 32}\n"
            "[history]\ntransport_url = fake://\n"
        )

    @pytest.fixture
    def bus(self, conf: cfg.ConfigOpts, monkeypatch: pytest.MonkeyPatch) -> Bus:
        return Bus(conf, monkeypatch)

    @pytest.mark.parametrize(
        "failure", [oslo_messaging.MessageDeliveryFailure("refused"), KeyError("port")]
    )
    def test_refused(
        self, follower: Follower, stream: EventStream, bus: Bus, lines: list[str], failure: Any
    ) -> None:
        """A bus that refuses the listener is tried again, and the lists are read meanwhile."""
        bus.failures = [failure, failure]
        wait_until(lambda: follower.tick() and bus.starts == 3)
        bus.notify("active", "powering-off")
        wait_until(lambda: "Powering-off" in states(stream))
        assert follower.tick()
        assert bus.starts == 3
        follower.stop()
        assert len([line for line in lines if "Cannot receive notifications" in line]) == 2

    def test_no_transport(
        self,
        follower: Follower,
        stream: EventStream,
        bus: Bus,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """A transport that cannot be made does not stop the follower either."""

        def fail(*_args: Any, **_kwargs: Any) -> None:
            raise oslo_messaging.DriverLoadFailure("fake", ImportError())

        with monkeypatch.context() as patch:
            patch.setattr(oslo_messaging, "get_notification_transport", fail)
            assert follower.tick()
            assert stream.followers.followed_until() is not None
        wait_until(lambda: follower.tick() and bus.starts == 1)
        follower.stop()

    def test_answer_after_stop(self, follower: Follower, stream: EventStream, bus: Bus) -> None:
        """A bus that answers only after the follower has stopped gets no consumer."""
        bus.answers.clear()
        assert follower.tick()
        wait_until(lambda: bus.starts == 1)
        follower.stop()
        bus.answers.set()
        assert bus.thread is not None
        bus.thread.join(20)
        bus.notify("active", "powering-off")
        time.sleep(0.3)
        assert "Powering-off" not in states(stream)

    def test_quick_stop(self, start_follower: Any, bus: Bus) -> None:
        """Whenever a follower stops, its listener ends."""
        for number in range(8):
            follower = start_follower()
            assert follower.tick()
            time.sleep(number / 1000)
            follower.stop()
        wait_until(lambda: not is_listening())


def is_listening() -> bool:
    """Whether a thread receives notifications, or is about to."""
    names = {thread.name for thread in threading.enumerate()}
    return any("notifications" in name or "_runner" in name for name in names)


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize("at", ["yesterday", "2026-99-99 10:00:00", None])
def test_wrong_time(stream: EventStream, at: str | None) -> None:
    """A notification that can never be recorded does not go back to the queue."""
    endpoint = notifications.Endpoint(
        load_tables(), stream, event_filter=None, requeue="requeue", sleep=lambda _seconds: None
    )
    payload = versioned("active", None)
    assert endpoint.info({}, "", "instance.update", payload, {"timestamp": at}) is None


def test_redis_away(stream: EventStream, store: FakeRedis, monkeypatch: pytest.MonkeyPatch) -> None:
    """A notification goes back to the queue while Redis fails."""
    slept: list[float] = []
    endpoint = notifications.Endpoint(
        load_tables(), stream, event_filter=None, requeue="requeue", sleep=slept.append
    )

    def fail(*_args: Any) -> None:
        raise StoreUnavailable

    def notify() -> Any:
        payload = versioned("active", None)
        return endpoint.info({}, "", "instance.update", payload, {"timestamp": AT})

    monkeypatch.setattr(stream, "record", fail)
    assert notify() == "requeue"
    assert slept == [1]
    monkeypatch.undo()
    assert notify() is None
    assert states(stream) == ["Active"]
