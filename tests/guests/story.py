# SPDX-License-Identifier: Apache-2.0
"""What the chapters of the story share: the machine, its guest, and what belongs to them."""

import base64
import time
import uuid
from pathlib import Path
from typing import Final

from tests.functional.client import JSON, Client
from tests.guests.guest import PATIENCE, Guest
from tests.guests.machine import Machine
from tests.guests.record import Record

IMAGE: Final = "debian-12"
ZONE: Final = "kr-central-2-a"
NAME: Final = f"real-guest-{uuid.uuid4().hex[:6]}"
LOGIN_SECONDS: Final = 240 * PATIENCE  # from the start of a guest until somebody can log in

# A guest that is shut down properly says so on its disk; one that loses its power cannot.
USER_DATA: Final = """\
#cloud-config
write_files:
  - path: /etc/from-user-data
    content: this is what user_data asked for
  - path: /etc/systemd/system/goodbye.service
    content: |
      [Service]
      Type=oneshot
      RemainAfterExit=true
      ExecStart=/bin/true
      ExecStop=/bin/sh -c 'date >>/var/lib/goodbye; sync'
      [Install]
      WantedBy=multi-user.target
runcmd:
  - [systemctl, enable, --now, goodbye.service]
"""


class Story:
    """Makes what the chapters need, and removes it in the end, however they end."""

    def __init__(
        self, member: Client, admin: Client, record: Record, subnet_id: str, directory: Path
    ) -> None:
        self.member, self.admin, self.record = member, admin, record
        self.key = directory / "key.pem"
        self._subnet_id = subnet_id
        self._paths: list[str] = []  # of what has been made, in that order
        self._addresses: dict[str, str] = {}  # id by address
        self._guests: list[Guest] = []
        self.group_id = ""
        self.machine: Machine
        self.guest: Guest

    def make_keypair(self) -> None:
        """A keypair, whose private half is in a file from then on."""
        body = self._make("keypairs", {"keypair": {"name": NAME}}, 201)
        self.key.touch(0o600)
        self.key.write_text(body["keypair"]["private_key"])
        self._paths.append(f"/api/v1/keypairs/{NAME}")

    def make_group(self) -> None:
        """A security group that lets everything out, and nothing in."""
        body = self._make("security-groups", {"security_group": {"name": NAME}}, 201)
        self.group_id = body["security_group"]["id"]
        self._paths.append(f"/api/v1/security-groups/{self.group_id}")
        self.add_rule(direction="egress", protocol="ALL", remote_ip_prefix="0.0.0.0/0")

    def add_rule(self, **rule: object) -> str:
        """A new rule of the group; its id."""
        path = f"security-groups/{self.group_id}/rules"
        body = self._make(path, {"security_group_rule": rule}, 201)
        return str(body["security_group_rule"]["id"])

    def make_machine(self, image_id: str, root: int, flavor: str = "t1i.micro") -> Machine:
        """An instance that has been asked for."""
        wanted = {
            "name": NAME,
            "image_id": image_id,
            "flavor_id": self.flavor(flavor)["flavor"]["id"],
            "subnets": [{"id": self._subnet_id}],
            "volumes": [{"size": root}],
            "security_groups": [{"name": NAME}],
            "key_name": NAME,
            "user_data": base64.b64encode(USER_DATA.encode()).decode(),
        }
        machine = Machine(self.member, self.record, self.member.create_instance(wanted))
        self._paths.append(machine.path)
        return machine

    def reach(self, machine: Machine) -> Guest:
        """The guest of an instance, which gets a public IP."""
        guest = Guest(self.give_address(machine), "debian", self.key)
        self._guests.append(guest)
        return guest

    def give_address(self, machine: Machine) -> str:
        """A public IP for an instance, from the project's admin."""
        response = self.admin.request("POST", f"{self._interface(machine)}/public-ips")
        assert response.status_code == 200, response.text
        public_ip = response.json()["public_ip"]
        self._addresses[public_ip["public_ip"]] = public_ip["id"]
        return str(public_ip["public_ip"])

    def flavor(self, name: str) -> JSON:
        """The body of a resize."""
        (found,) = self.member.get("/api/v1/flavors", name=name)["flavors"]
        return {"flavor": {"id": found["id"]}}

    def image_id(self, name: str) -> str:
        """The id of an image."""
        return str(self.member.get("/api/v1/images", name=name)["images"][0]["id"])

    def make_image(self, volume_id: str, name: str) -> str:
        """An image of a root volume, when it is ready."""
        body = self._make(f"volumes/{volume_id}/image", {"image": {"name": name}}, 202)
        path = f"/api/v1/images/{body['image']['id']}"
        self._paths.append(path)
        end = time.monotonic() + 300 * PATIENCE
        while self.member.get(path)["image"]["status"] != "active":
            assert time.monotonic() < end, "no image in time"
            time.sleep(1)
        return str(body["image"]["id"])

    def root_of(self, machine: Machine) -> str:
        """The id of an instance's root volume."""
        (root,) = (one["id"] for one in machine.get()["attached_volumes"] if one["is_root"])
        return str(root)

    def remove(self, path: str, within: float = 180) -> None:
        """Remove one thing, and return when it is gone."""
        end = time.monotonic() + within * PATIENCE
        while self.member.delete(path) != 404:
            assert time.monotonic() < end, f"{path} is still there after {within} s"
            time.sleep(1)
        if path in self._paths:
            self._paths.remove(path)

    def remove_address(self, address: str) -> None:
        """Give a public IP back."""
        public_ip_id = self._addresses.pop(address)
        assert self.admin.delete(f"/api/v1/public-ips/{public_ip_id}") in {204, 404}

    def remove_all(self) -> None:
        """Remove what is left, the last thing first."""
        for guest in self._guests:
            guest.close()
        for path in reversed(list(self._paths)):
            self.remove(path)
        for address in list(self._addresses):
            self.remove_address(address)

    def _interface(self, machine: Machine) -> str:
        (address,) = machine.get()["addresses"]
        return f"{machine.path}/network-interfaces/{address['network_interface_id']}"

    def _make(self, path: str, body: JSON, status: int) -> JSON:
        response = self.member.request("POST", f"/api/v1/{path}", json=body)
        assert response.status_code == status, response.text
        answer: JSON = response.json()
        return answer
