# SPDX-License-Identifier: Apache-2.0
"""Requests about keypairs, as several tests send them."""

from typing import Any, Final

from kic_vm.mappings import keypairs as mapping
from tests.unit.bodies import FLAVOR, IMAGE, SUBNET
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.personas import PROJECT, USER

PATH: Final = "/api/v1/keypairs"
COLLEAGUE: Final = "1" * 32  # the persona
# What a user of the recorded keypair has in Nova.
COPY: Final = mapping.copy_name(PROJECT, USER, "recorded")


def create(caller: Caller, **wanted: Any) -> Any:
    return caller.post(PATH, json={"keypair": wanted})


def names(caller: Caller) -> list[str]:
    page = caller.get(f"{PATH}?sort_keys=name&sort_dirs=asc").json
    return [item["name"] for item in page["keypairs"]]


def launch(caller: Caller, key_name: str) -> Any:
    """Ask for an instance with a keypair."""
    wanted = {
        "name": "web",
        "image_id": IMAGE["id"],
        "flavor_id": FLAVOR["id"],
        "subnets": [{"id": SUBNET["id"]}],
        "volumes": [{"size": 5}],
        "security_groups": None,
        "key_name": key_name,
    }
    return caller.post("/api/v1/instances", json={"instance": wanted})


def key_name_sent(cloud: Cloud) -> str:
    """The keypair that Nova was last given for a server."""
    name: str = cloud.sent("nova", "POST")[-1].json()["server"]["key_name"]
    return name
