# SPDX-License-Identifier: Apache-2.0
"""Notifications of Nova and Cinder."""

import time
from typing import Any

import oslo_messaging
import pytest
from oslo_config import cfg

from kic_vm.cache.store import StoreUnavailable
from kic_vm.events.model import Sighting
from kic_vm.events.stream import EventStream
from kic_vm.lifecycle.table import load_tables
from kic_vm.operations.worker.follower import notifications
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
