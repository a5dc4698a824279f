# SPDX-License-Identifier: Apache-2.0
"""What real services have answered, recorded in ``tests/bodies``."""

import functools
from pathlib import Path
from typing import Any, Final

import orjson

_DIRECTORY: Final = Path(__file__).parents[1] / "bodies"


@functools.cache
def _read(name: str) -> bytes:
    return (_DIRECTORY / f"{name}.json").read_bytes()


def body(name: str) -> dict[str, Any]:
    """A recorded body, to be changed at will."""
    parsed: dict[str, Any] = orjson.loads(_read(name))  # takes a tenth of the time of a copy
    return parsed


def error(name: str) -> dict[str, Any]:
    """A recorded error as the arguments of an answer: its status, and json or text."""
    recorded = body("errors")[name]
    kind = "text" if isinstance(recorded["body"], str) else "json"
    return {"status": recorded["status"], kind: recorded["body"]}


# The recorded server, and what stands around it.
SERVER: Final[dict[str, Any]] = body("server")["server"]
ROOT_VOLUME: Final[str] = SERVER["os-extended-volumes:volumes_attached"][0]["id"]
DATA_VOLUME: Final[str] = SERVER["os-extended-volumes:volumes_attached"][1]["id"]
FREE_VOLUME: Final[str] = body("volumes")["volumes"][2]["id"]
SNAPSHOT: Final[dict[str, Any]] = body("snapshots")["snapshots"][0]
FLAVOR: Final[dict[str, Any]] = body("flavors")["flavors"][0]
LARGER_FLAVOR: Final[dict[str, Any]] = body("flavors")["flavors"][4]
GPU_FLAVOR: Final[dict[str, Any]] = body("flavors")["flavors"][5]
IMAGE: Final[dict[str, Any]] = body("images")["images"][0]
OWN_IMAGE: Final[dict[str, Any]] = body("image_own")
IMAGE_MEMBER: Final[dict[str, Any]] = body("image_member")
PORT: Final[dict[str, Any]] = body("port")["port"]
FREE_PORT: Final[dict[str, Any]] = body("port_free")["port"]
SECOND_PORT: Final[dict[str, Any]] = FREE_PORT | {
    "device_id": SERVER["id"],
    "device_owner": "compute:nova",
}
SUBNET: Final[dict[str, Any]] = body("subnets")["subnets"][1]
GROUP: Final[str] = body("security_groups")["security_groups"][0]["id"]
OTHER_GROUP: Final[str] = body("security_group")["security_group"]["id"]
PUBLIC_IP: Final[dict[str, Any]] = body("floating_ip_associated")["floatingip"]
FREE_PUBLIC_IP: Final[dict[str, Any]] = body("floating_ip_free")["floatingip"]
INSTANCE: Final[str] = f"/api/v1/instances/{SERVER['id']}"
NETWORK: Final[dict[str, Any]] = body("vpc_network")["network"]
ROUTER: Final[dict[str, Any]] = body("vpc_router")["router"]
SECOND_ROUTER: Final[dict[str, Any]] = ROUTER | {
    "id": "5b0c1d7e-3f2a-4c86-9e41-7a2d8f6b1c30",
    "name": "second",
    "external_gateway_info": None,
    "created_at": "2026-11-24T02:00:00Z",
}
ROUTER_PORT: Final[dict[str, Any]] = body("vpc_router_port")["port"]
RULE: Final[dict[str, Any]] = body("security_group")["security_group"]["security_group_rules"][0]
