# SPDX-License-Identifier: Apache-2.0
"""Combinations that no instance can be made of: refused by their field, before anything is made."""

import uuid
from typing import Any

import pytest

from tests.unit.bodies import FLAVOR, FREE_VOLUME, IMAGE, PORT, SUBNET, body
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.operations.instance_create_requests import ROOT, asked, create, refused
from tests.unit.operations.test_instance_networks import FREE_PORT, SECOND, with_subnets
from tests.unit.operations.test_instance_volumes import BLANK, FREE, volume

JSON = dict[str, Any]
OTHER_IMAGE = body("images")["images"][1]
LARGE = 2**33 + 1  # a byte more than 8 GiB


def offer_flavor(cloud: Cloud, **changes: Any) -> None:
    cloud.answer("GET", "nova", f"/flavors/{FLAVOR['id']}", {"flavor": FLAVOR | changes})


def offer_volume(cloud: Cloud, **changes: Any) -> None:
    shown = volume(FREE_VOLUME, status="available", bootable="true", **changes)
    cloud.answer("GET", "cinder", f"/volumes/{FREE_VOLUME}", shown)


class TestVolumes:
    """Images and volumes that do not go together."""

    def test_root_of_another_image(self, member: Caller, populated: Cloud) -> None:
        """A root volume from another image than image_id."""
        message = refused(member, populated, volumes=[{"size": 20, "uuid": OTHER_IMAGE["id"]}])
        assert message.startswith("volumes.0.uuid: ")

    def test_existing_root_of_another_image(self, member: Caller, populated: Cloud) -> None:
        """An existing root volume that holds another image; the message says which."""
        offer_volume(populated, volume_image_metadata={"image_id": OTHER_IMAGE["id"]})
        message = refused(member, populated, volumes=[FREE])
        assert message.startswith("image_id: ")
        assert OTHER_IMAGE["id"] in message

    def test_existing_root(self, member: Caller, populated: Cloud) -> None:
        """One that holds the image is taken."""
        offer_volume(populated, volume_image_metadata={"image_id": IMAGE["id"]})
        assert create(member, volumes=[FREE]).status_code == 202

    @pytest.mark.parametrize("field", ["size", "virtual_size"])
    @pytest.mark.parametrize(("size", "status"), [(8, 400), (9, 202)])
    def test_image_larger_than_it_says(
        self, member: Caller, populated: Cloud, field: str, size: int, status: int
    ) -> None:
        """An image that takes more than its min_disk when it is written."""
        populated.answer("GET", "glance", f"/images/{IMAGE['id']}", IMAGE | {field: LARGE})
        response = create(member, volumes=[{"size": size}])
        assert response.status_code == status, response.text
        if status == 400:
            assert response.json["error"]["message"] == (
                "volumes.0.size: the image needs at least 9 GB."
            )

    def test_further_image(self, member: Caller, populated: Cloud) -> None:
        """A further image is looked up beside the first; the same one but once."""
        further = {"size": 10, "source_type": "image", "uuid": OTHER_IMAGE["id"]}
        same = {"size": 5, "source_type": "image", "uuid": IMAGE["id"]}
        assert create(member, volumes=[{"size": 5}, further, same]).status_code == 202
        assert asked(populated)["block_device_mapping_v2"] == [
            ROOT,
            BLANK | {"source_type": "image", "uuid": OTHER_IMAGE["id"], "volume_size": 10},
            BLANK | {"source_type": "image", "uuid": IMAGE["id"], "volume_size": 5},
        ]
        assert len(populated.sent("glance")) == 2

    def test_further_image_not_there(self, member: Caller, populated: Cloud) -> None:
        """A further image that is not there."""
        missing = str(uuid.uuid4())
        populated.refuse("GET", "glance", f"/images/{missing}", "glance_404")
        wanted = [{"size": 5}, {"size": 5, "source_type": "image", "uuid": missing}]
        message = refused(member, populated, volumes=wanted)
        assert message.startswith("volumes.1.uuid: there is no image ")

    def test_further_image_too_large(self, member: Caller, populated: Cloud) -> None:
        """A further volume smaller than its image."""
        wanted = [{"size": 5}, {"size": 9, "source_type": "image", "uuid": OTHER_IMAGE["id"]}]
        message = refused(member, populated, volumes=wanted)
        assert message == "volumes.1.size: the image needs at least 10 GB."


class TestZones:
    """An existing volume and the zone that is asked for."""

    @pytest.fixture
    def options(self) -> str:
        """Two zones."""
        return "[availability_zones]\nzones = kr-central-2-a:nova,kr-central-2-b:second\n"

    @pytest.mark.parametrize(
        ("zone", "wanted", "status"),
        [
            ("second", "kr-central-2-a", 400),
            ("nova", "kr-central-2-b", 400),
            ("nova", "kr-central-2-a", 202),
            ("second", "kr-central-2-b", 202),
            ("second", None, 202),
            ("a zone of Cinder's alone", "kr-central-2-a", 202),
        ],
    )
    def test_volume(
        self, member: Caller, populated: Cloud, zone: str, wanted: str | None, status: int
    ) -> None:
        """A volume in another zone is refused; where clients have no name for its zone, Nova's
        own settings decide."""
        offer_volume(populated, availability_zone=zone)
        response = create(member, availability_zone=wanted, volumes=[{"size": 5}, FREE])
        assert response.status_code == status, response.text
        if status == 400:
            assert response.json["error"]["message"].startswith("volumes.uuid: ")
            assert populated.writes() == []


class TestFlavors:
    """Flavors that are too small for what is asked for."""

    def test_memory(self, member: Caller, populated: Cloud) -> None:
        """Less memory than the image needs."""
        offer_flavor(populated, ram=IMAGE["min_ram"] - 1)
        assert refused(member, populated).startswith("flavor_id: the image needs at least 512 MB")
        offer_flavor(populated, ram=IMAGE["min_ram"])
        assert create(member).status_code == 202

    def test_interfaces(self, member: Caller, populated: Cloud) -> None:
        """More interfaces than the flavor may have."""
        offer_flavor(populated, extra_specs={"kic:maximum_network_interfaces": "2"})
        subnet = {"id": SUBNET["id"]}
        message = refused(member, populated, subnets=[subnet] * 3)
        assert message == "subnets: instances of this flavor can have at most 2 network interfaces."
        assert create(member, subnets=[subnet] * 2).status_code == 202

    def test_hidden_extra_specs(self, member: Caller, populated: Cloud) -> None:
        """If the cloud's policy hides the extra specs, Nova decides."""
        flavor = {key: value for key, value in FLAVOR.items() if key != "extra_specs"}
        populated.answer("GET", "nova", f"/flavors/{FLAVOR['id']}", {"flavor": flavor})
        assert create(member).status_code == 202


class TestAddresses:
    """Interfaces and addresses that are not free."""

    def test_same_interface_twice(self, member: Caller, populated: Cloud) -> None:
        """The same network interface for two subnets."""
        populated.answer("GET", "neutron", f"/ports/{PORT['id']}", {"port": FREE_PORT})
        one = {"id": SUBNET["id"], "network_interface_id": PORT["id"]}
        message = refused(member, populated, subnets=[one, one])
        assert message.startswith("subnets.network_interface_id: the same network interface")

    def test_same_address_twice(self, member: Caller, populated: Cloud) -> None:
        """The same address twice in a subnet."""
        one = {"id": SUBNET["id"], "private_ip": "10.20.0.9"}
        message = refused(member, populated, subnets=[one, one])
        assert message == "subnets.private_ip: the same address is named twice."

    @pytest.mark.parametrize("address", ["10.20.0.0", "10.20.0.1", "10.20.15.255"])
    def test_reserved(self, member: Caller, populated: Cloud, address: str) -> None:
        """The subnet's own address, its gateway's and its broadcast address."""
        wanted = [{"id": SUBNET["id"], "private_ip": address}]
        assert "is reserved" in refused(member, populated, subnets=wanted)

    @pytest.mark.parametrize("address", ["10.20.0.2", "10.20.15.254"])
    def test_not_reserved(self, member: Caller, populated: Cloud, address: str) -> None:
        """Those beside them may be had."""
        wanted = [{"id": SUBNET["id"], "private_ip": address}]
        assert create(member, subnets=wanted).status_code == 202

    def test_subnet_without_gateway(self, member: Caller, populated: Cloud) -> None:
        """A subnet may have none, and a range in which each address is a machine's."""
        tiny = SECOND | {"cidr": "10.30.0.0/31", "gateway_ip": None}
        with_subnets(populated, tiny)
        wanted = [{"id": tiny["id"], "private_ip": "10.30.0.0"}]
        assert create(member, subnets=wanted).status_code == 202

    def test_refused_after_ports_were_made(self, member: Caller, populated: Cloud) -> None:
        """An address that Nova finds taken: the other interface's port is gone again."""
        with_subnets(populated, SECOND)
        made = body("ports_created")["ports"][0]["id"]
        populated.answer("DELETE", "neutron", f"/ports/{made}", status=204)
        populated.refuse("POST", "nova", "/servers", "nova_400_fixed_in_use")
        wanted = [{"id": SECOND["id"]}, {"id": SUBNET["id"], "private_ip": "10.20.0.9"}]
        response = create(member, subnets=wanted)
        assert response.status_code == 409, response.text
        assert response.json["error"]["message"].startswith("subnets.private_ip: ")
        assert f"DELETE neutron /ports/{made}" in populated.writes()
