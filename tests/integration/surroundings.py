# SPDX-License-Identifier: Apache-2.0
"""The cloud that the tests run in, by environment variables; README.rst lists them."""

import os
from functools import cache
from typing import NoReturn

import openstack
import pytest

from tests.functional.client import JSON, Client

# Part of the variable's name, and the cloud's name where the variable is not set.
PERSONAS = {
    "admin": "kic-admin",
    "member": "kic-member",
    "reader": "kic-reader",
    "other": "kic-other",
    "operator": "kic-operator",
}


def setting(name: str, default: str) -> str:
    """The value of a variable of the tests."""
    return os.environ.get(f"KIC_VM_TEST_{name}") or default


def leave(reason: str) -> NoReturn:
    """End the whole run: nothing can be tested without this."""
    pytest.exit(f"tests/integration: {reason}; see tests/integration/README.rst", returncode=2)


@cache
def connection(persona: str) -> openstack.connection.Connection | None:
    """OpenStack itself as a persona; None where clouds.yaml does not have it."""
    name = setting(f"{persona.upper()}_CLOUD", PERSONAS[persona])
    loader = openstack.config.OpenStackConfig()
    if name not in loader.get_cloud_names():
        return None
    return openstack.connection.Connection(config=loader.get_one(name))


def gateway_url(member: openstack.connection.Connection) -> str:
    """Where the gateway is: as given, or as the catalog says."""
    given = os.environ.get("KIC_VM_GATEWAY_URL")
    found = given or member.session.get_endpoint(service_type="kic-vm", interface="public")
    if not found:
        leave("KIC_VM_GATEWAY_URL is not set, and the catalog has no service kic-vm")
    return str(found).rstrip("/")


class Tenant(Client):
    """A client that knows which flavor and which image this cloud has for a small machine."""

    patience = float(setting("PATIENCE", "5"))

    @property
    def zone(self) -> str:
        """The zone in which things are made."""
        return setting("ZONE", "kr-central-2-a")

    def flavor(self, variable: str, default: str) -> JSON:
        """A flavor by the name that a variable gives."""
        name = setting(variable, default)
        flavors = self.get("/api/v1/flavors", name=name)["flavors"]
        found = [flavor for flavor in flavors if flavor["name"] == name]
        if not found:
            leave(f"there is no flavor {name}: name another one with KIC_VM_TEST_{variable}")
        flavor: JSON = found[0]
        return flavor

    def image(self) -> JSON:
        """The image that the variable names, or the public one that needs the least."""
        wanted = setting("IMAGE", "")
        listed = self.get("/api/v1/images", limit=1000)["images"]
        found = [
            image
            for image in listed
            if image["status"] == "active"
            and (image["name"] == wanted if wanted else image["visibility"] == "public")
        ]
        if not found:
            leave(f"there is no active image {wanted or 'for all'}: name one by KIC_VM_TEST_IMAGE")
        image: JSON = min(found, key=lambda one: (one["min_disk"], one["size"] or 0))
        return image

    def instance_body(self, subnet_id: str, flavor: str = "t1i.micro") -> JSON:
        """A small machine."""
        image = self.image()
        return {
            "name": "integration",
            "image_id": image["id"],
            "flavor_id": self.flavor("FLAVOR", flavor)["id"],
            "subnets": [{"id": subnet_id}],
            "volumes": [{"size": max(image["min_disk"], 2)}],
            "availability_zone": self.zone,
            "security_groups": None,
        }
