# SPDX-License-Identifier: Apache-2.0
"""The life of an instance, and all that can be attached to it."""

import time

from doc.api_examples.recording import Ids, Recording, RecordingError
from doc.api_examples.stories import volumes
from doc.api_examples.stories.networks import INTERFACE, Network

ATTEMPTS = 4
INSTANCE = "/api/v1/instances/{instance_id}"
ITS_VOLUME = f"{INSTANCE}/volumes/{{volume_id}}"
CARD = f"{INSTANCE}/network-interfaces/{{network_interface_id}}"
SMALL, LARGER = "t1i.micro", "t1i.small"


def play(recording: Recording, network: Network) -> None:
    """One instance is made, told everything that it can be told, and deleted."""
    flavors, images = (
        {one["name"]: one["id"] for one in _all(recording, kind)} for kind in ("flavors", "images")
    )
    image_id = next(its_id for name, its_id in images.items() if name.startswith("ubuntu"))
    wanted: dict[str, object] = {
        "name": "web-1",
        "description": "The shop's first server",
        "image_id": image_id,
        "flavor_id": flavors[SMALL],
        "availability_zone": "kr-central-2-a",
        "subnets": [{"id": network.subnet_id}],
        "volumes": [{"size": 2}],
        "security_groups": [{"name": "web"}],
    }
    tiny = {"instance": wanted | {"volumes": [{"size": 1}]}}
    recording.refused("member", "POST /api/v1/instances", 400, tiny)
    recording.refused("reader", "POST /api/v1/instances", 403, {"instance": wanted})
    instance_id = _create(recording, wanted)
    try:
        _look(recording, instance_id)
        _commands(recording, instance_id, flavors[LARGER], image_id)
        _volume(recording, instance_id)
        _interfaces(recording, instance_id, network)
    finally:
        _remove(recording, instance_id)


def _all(recording: Recording, kind: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = recording.call(
        "member", f"GET /api/v1/{kind}", query={"limit": 1000}
    )[kind]
    return found


def _create(recording: Recording, wanted: dict[str, object]) -> str:
    for _attempt in range(ATTEMPTS):  # Cinder's known race spoils a build now and then
        answer = recording.call(
            "member", "POST /api/v1/instances", {"instance": wanted}, expect=202
        )
        instance_id: str = answer["instance"]["id"]
        if _status(recording, instance_id, "active", "error") == "active":
            return instance_id
        _remove(recording, instance_id)
    raise RecordingError(f"no instance became active in {ATTEMPTS} attempts")


def _status(recording: Recording, instance_id: str, *wanted: str) -> str:
    body = recording.wait(
        "member",
        f"GET {INSTANCE}",
        lambda body: body["instance"]["status"] in wanted,
        instance_id=instance_id,
    )
    return str(body["instance"]["status"])


def _remove(recording: Recording, instance_id: str) -> None:
    recording.call("member", f"DELETE {INSTANCE}", expect=204, instance_id=instance_id)
    recording.wait_until_gone("member", f"GET {INSTANCE}", instance_id=instance_id)


def _look(recording: Recording, instance_id: str) -> None:
    its: Ids = {"instance_id": instance_id}
    recording.call("member", "GET /api/v1/instances", query={"name": "web-1"})
    recording.call("member", f"GET {INSTANCE}", **its)
    recording.call("member", f"PUT {INSTANCE}", {"instance": {"name": "web-one"}}, **its)
    recording.call("member", f"GET {INSTANCE}/console-logs", query={"lines": 20}, **its)
    recording.call("member", f"GET {INSTANCE}/password", **its)


def _commands(recording: Recording, instance_id: str, flavor_id: str, image_id: str) -> None:
    resize = {"flavor": {"id": flavor_id}}
    back = recording.call("member", f"GET {INSTANCE}", instance_id=instance_id)["instance"]
    smaller = {"flavor": {"id": back["flavor"]["id"]}}
    rebuild = {"rebuild": {"image_id": image_id}}
    for command in ("start", "unshelve", "confirm-resize", "revert-resize"):
        operation = f"POST {INSTANCE}/{command}"
        recording.refused("member", operation, 409, instance_id=instance_id)
    for command, body, end in (
        ("stop", None, "stopped"),
        ("start", None, "active"),
        ("soft-reboot", None, "active"),
        ("hard-reboot", None, "active"),
        ("actions", {"action": "stop"}, "stopped"),
        ("actions", {"action": "start"}, "active"),
        ("shelve", None, "shelved_offloaded"),
        ("unshelve", None, "active"),
        ("resize", resize, "resized"),
        ("confirm-resize", None, "active"),
        ("resize", smaller, "resized"),
        ("revert-resize", None, "active"),
        ("rebuild", rebuild, "active"),
    ):
        recording.call(
            "member", f"POST {INSTANCE}/{command}", body, expect=202, instance_id=instance_id
        )
        time.sleep(1)  # an instance may show for a moment what it was before
        _status(recording, instance_id, end)
    recording.call("member", f"GET {INSTANCE}/action-logs", instance_id=instance_id)
    recording.call("member", f"GET {INSTANCE}/history", query={"limit": 3}, instance_id=instance_id)
    recording.call("member", "GET /api/v1/usage", query={"instance_id": instance_id})


def _volume(recording: Recording, instance_id: str) -> None:
    volume_id = volumes.make(recording, "web-data")
    its: Ids = {"instance_id": instance_id, "volume_id": volume_id}
    attach = {"volume": {"is_delete_on_termination": False}}
    recording.call("member", f"POST {ITS_VOLUME}", attach, **its)
    volumes.wait_until(recording, volume_id, "in_use")
    recording.refused("member", f"POST {ITS_VOLUME}", 409, attach, **its)
    recording.refused("member", f"DELETE {volumes.VOLUME}", 409, volume_id=volume_id)
    change = {"volume": {"is_delete_on_termination": True}}
    recording.call("member", f"PUT {ITS_VOLUME}", change, **its)
    recording.call("member", f"DELETE {ITS_VOLUME}", expect=202, **its)
    volumes.wait_until(recording, volume_id, "available")
    volumes.remove(recording, volume_id)


def _interfaces(recording: Recording, instance_id: str, network: Network) -> None:
    wanted = {
        "name": "web-backup",
        "subnet_id": network.subnet_id,
        "security_groups": [network.group_id],
    }
    answer = recording.call(
        "member", "POST /api/v1/network-interfaces", {"network_interface": wanted}, expect=201
    )
    its_id: Ids = {"network_interface_id": answer["network_interface"]["id"]}
    its = its_id | {"instance_id": instance_id}
    recording.call("member", f"POST {CARD}", **its)
    listed = recording.call("member", f"GET {INSTANCE}/network-interfaces", instance_id=instance_id)
    pairs = {"allowed_address_pairs": [{"ip_address": "10.20.0.200"}]}
    recording.call("member", f"PUT {CARD}/allowed-address-pairs", pairs, **its)

    groups = recording.call("member", "GET /api/v1/security-groups", query={"limit": 1000})
    default = next(one["id"] for one in groups["security_groups"] if one["name"] == "default")
    group = its | {"security_group_id": default}
    recording.call("member", f"POST {CARD}/security-groups/{{security_group_id}}", **group)
    recording.call("member", f"DELETE {CARD}/security-groups/{{security_group_id}}", **group)

    recording.refused("member", f"POST {CARD}", 409, **its)
    recording.call("member", f"DELETE {CARD}", expect=202, **its)
    recording.wait(
        "member",
        f"GET {INTERFACE}",
        lambda body: body["network_interface"]["status"] == "available",
        **its_id,
    )
    recording.call("member", f"DELETE {INTERFACE}", expect=204, **its_id)
    first = next(
        one["id"]
        for one in listed["network_interfaces"]
        if one["id"] != its_id["network_interface_id"]
    )
    _public_ip(recording, {"instance_id": instance_id, "network_interface_id": first})


def _public_ip(recording: Recording, its: Ids) -> None:
    made = recording.call("admin", f"POST {CARD}/public-ips", **its)["public_ip"]
    recording.refused("admin", f"POST {CARD}/public-ips", 409, **its)
    recording.refused("member", f"POST {CARD}/public-ips", 403, **its)
    recording.call("admin", f"DELETE {CARD}/public-ips", query={"is_delete": "false"}, **its)
    again = its | {"public_ip_id": made["id"]}
    recording.call("admin", f"PUT {CARD}/public-ips/{{public_ip_id}}", **again)
    recording.call("admin", f"DELETE {CARD}/public-ips", query={"is_delete": "true"}, **its)
