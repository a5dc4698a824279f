# SPDX-License-Identifier: Apache-2.0
"""The instance operations of the SDK, on instances of their own."""

import contextlib
import time
from collections.abc import Iterator

from tests.functional.instances import ATTEMPTS
from tests.gosdk.caller import JSON, User
from tests.gosdk.volumes import wait_for_volume

PATIENCE_SECONDS = 120


def wait_for(user: User, instance_id: str, *ends: str) -> JSON:
    """The instance, as soon as its status is one of these."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        instance: JSON = user.call("bcs.GetInstance", instance_id)["instance"]
        if instance["status"] in ends:
            return instance
        assert time.monotonic() < deadline, f"{instance['status']}, not one of {ends}"
        time.sleep(0.3)


def remove(user: User, instance_id: str) -> None:
    """Delete an instance and wait until it is gone."""
    user.call("bcs.DeleteInstance", instance_id)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while user.answer("bcs.GetInstance", instance_id).status != 404:
        assert time.monotonic() < deadline, "the instance does not go"
        time.sleep(0.3)


@contextlib.contextmanager
def made(user: User, body: JSON) -> Iterator[str]:
    """An active instance; a create that Cinder spoils (see the functional tests) is repeated."""
    for _attempt in range(ATTEMPTS):
        created = user.call("bcs.CreateInstance", body={"instance": body})
        instance_id = created["instance"]["id"]
        if wait_for(user, instance_id, "active", "error")["status"] == "active":
            break
        remove(user, instance_id)
    try:
        yield instance_id
    finally:
        remove(user, instance_id)


def look(user: User, instance_id: str) -> None:
    """Everything that only reads, and the change of its name."""
    listed = user.call("bcs.ListInstances", Name="gosdk", Limit=10)
    assert instance_id in [one["id"] for one in listed["instances"]]
    user.call("bcs.UpdateInstance", instance_id, body={"instance": {"name": "gosdk-renamed"}})
    assert user.call("bcs.GetInstance", instance_id)["instance"]["name"] == "gosdk-renamed"
    user.call("bcs.GetInstanceConsoleLog", instance_id, Lines=10)
    user.call("bcs.GetInstancePassword", instance_id)
    assert user.call("bcs.ListInstanceActions", instance_id)["actions"]


def command(user: User, instance_id: str, other_flavor: str, image_id: str) -> None:
    """Every command, each until it has come about."""
    for operation, end in (
        ("bcs.SoftRebootInstance", "active"),
        ("bcs.HardRebootInstance", "active"),
        ("bcs.StopInstance", "stopped"),
        ("bcs.StartInstance", "active"),
        ("bcs.ShelveInstance", "shelved_offloaded"),
        ("bcs.UnshelveInstance", "active"),
        ("bcs.StopInstance", "stopped"),
    ):
        user.call(operation, instance_id)
        wait_for(user, instance_id, end)
    user.call("bcs.ResizeInstance", instance_id, body={"flavor": {"id": other_flavor}})
    assert wait_for(user, instance_id, "stopped")["flavor"]["id"] == other_flavor
    user.call("bcs.RebuildInstance", instance_id, body={"rebuild": {"image_id": image_id}})
    wait_for(user, instance_id, "stopped")
    user.call("bcs.StartInstance", instance_id)
    wait_for(user, instance_id, "active")


def use_volume(user: User, instance_id: str, volume_id: str) -> None:
    """Attach a volume, change its attachment, detach it."""
    user.call(
        "bcs.AttachVolume",
        instance_id,
        volume_id,
        body={"volume": {"is_delete_on_termination": True}},
    )
    wait_for_volume(user, volume_id, "in_use")
    user.call(
        "bcs.UpdateInstanceVolume",
        instance_id,
        volume_id,
        body={"volume": {"is_delete_on_termination": False}},
    )
    user.call("bcs.DetachVolume", instance_id, volume_id)
    wait_for_volume(user, volume_id, "available")


def use_interface(
    user: User, instance_id: str, interface_id: str, group_id: str, public_ip_id: str
) -> None:
    """Attach an interface, change what it lets through, give it public IPs, detach it."""
    user.call("bcs.AttachNetworkInterface", instance_id, interface_id)
    listed = user.call("bcs.ListInstanceNetworkInterfaces", instance_id)
    assert interface_id in [one["id"] for one in listed["network_interfaces"]]
    pairs = {"allowed_address_pairs": [{"ip_address": "10.9.8.7"}]}
    user.call("bcs.UpdateNetworkInterfaceAllowedAddresses", instance_id, interface_id, body=pairs)
    user.call("bcs.AttachSecurityGroup", instance_id, interface_id, group_id)
    user.call("bcs.DetachSecurityGroup", instance_id, interface_id, group_id)
    user.call("bcs.AssociateNewPublicIp", instance_id, interface_id)
    user.call("bcs.RemovePublicIp", instance_id, interface_id, IsDelete=True)
    user.call("bcs.AssociatePublicIp", instance_id, interface_id, public_ip_id)
    user.call("bcs.RemovePublicIp", instance_id, interface_id)
    user.call("bcs.DetachNetworkInterface", instance_id, interface_id)
