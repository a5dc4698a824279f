# SPDX-License-Identifier: Apache-2.0
"""What the requests of experiments need to be there before, made around the gateway."""

import functools
import secrets
import time
from collections.abc import Callable
from typing import Any, Final

from kic_vm.mappings import networks
from tests.faults.inventory import Inventory
from tests.faults.lane import Lane
from tests.faults.removal import Removal
from tests.functional.instances import ATTEMPTS

JSON = dict[str, Any]

ZONE: Final = "kr-central-2-a"
_SECONDS: Final = 120
_PAUSE: Final = 1
_FLAVORS: Final = ("t1i.micro", "t1i.small")
# What brings a server to ACTIVE, and from there to other states.
_TO_ACTIVE: Final[dict[str, JSON]] = {
    "SHUTOFF": {"os-start": None},
    "SHELVED_OFFLOADED": {"unshelve": None},
    "VERIFY_RESIZE": {"revertResize": None},
}
_FROM_ACTIVE: Final[dict[str, JSON]] = {
    "SHUTOFF": {"os-stop": None},
    "SHELVED_OFFLOADED": {"shelve": None},
}


class PreparationError(Exception):
    """OpenStack itself did not make what an experiment needs."""


class Workspace:
    """A lane's project with a VPC and a server that experiments share."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.baseline: Inventory = lane.initial
        self._server_id: str | None = None

    def restore(self) -> None:
        """Remove what experiments have left."""
        Removal(self.lane.reader, self.baseline).run()

    def _keep(self) -> None:
        """Let what is there now be part of the baseline."""
        self.baseline = self.lane.reader.read_settled(30)

    def call(self, service: str, method: str, path: str, body: JSON | None = None) -> JSON:
        """A call to OpenStack as the project's user.

        :raises PreparationError: it is refused
        """
        adapter = getattr(self.lane.cloud, service)
        microversion = "2.67" if service == "compute" else None
        response = adapter.request(path, method, json=body, microversion=microversion)
        if response.status_code >= 400:
            raise PreparationError(f"{method} {path}: {response.text[:300]}")
        content: JSON = response.json() if response.content else {}
        return content

    def _wait(self, check: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + _SECONDS
        while not check():
            if time.monotonic() > end:
                raise PreparationError(f"no {what} in {_SECONDS} s")
            time.sleep(_PAUSE)

    @functools.cached_property
    def vpc(self) -> JSON:
        """A VPC, as Neutron's network: with a subnet, and a router to the internet."""
        network = {"network": {"name": "faults"}}
        network_id = self.call("network", "POST", "/networks", network)["network"]["id"]
        tags = {"tags": [networks.cidr_tag("10.91.0.0/16")]}
        self.call("network", "PUT", f"/networks/{network_id}/tags", tags)
        (outside,) = self.call("network", "GET", "/networks?router:external=true")["networks"]
        gateway = {"network_id": outside["id"]}
        router = {"router": {"name": "faults", "external_gateway_info": gateway}}
        router_id = self.call("network", "POST", "/routers", router)["router"]["id"]
        subnet = {"network_id": network_id, "ip_version": 4, "cidr": "10.91.0.0/20"}
        subnet_id = self.call("network", "POST", "/subnets", {"subnet": subnet})["subnet"]["id"]
        path = f"/routers/{router_id}/add_router_interface"
        self.call("network", "PUT", path, {"subnet_id": subnet_id})
        self._keep()
        made: JSON = self.call("network", "GET", f"/networks/{network_id}")["network"]
        return made

    @property
    def subnet_id(self) -> str:
        """The VPC's subnet."""
        return str(self.vpc["subnets"][0])

    @functools.cached_property
    def router_id(self) -> str:
        """The VPC's router, which is its route table."""
        ports = self.baseline.items["port"].values()
        (router_id,) = (
            port["device_id"]
            for port in ports
            if port["network_id"] == self.vpc["id"] and "router_interface" in port["device_owner"]
        )
        return str(router_id)

    @property
    def group_id(self) -> str:
        """The project's default security group."""
        groups = self.baseline.items["security group"].values()
        (group_id,) = (group["id"] for group in groups if group["name"] == "default")
        return str(group_id)

    @functools.cached_property
    def flavor_ids(self) -> tuple[str, str]:
        """Two flavors, the smaller first."""
        flavors = {flavor.name: flavor.id for flavor in self.lane.cloud.compute.flavors()}
        return flavors[_FLAVORS[0]], flavors[_FLAVORS[1]]

    def server(self, status: str = "ACTIVE") -> JSON:
        """The server that experiments share, in a state."""
        if self._server_id is None or self._shown_server()["status"] == "ERROR":
            self._make_server()
        server = self._shown_server()
        if server["status"] != status:
            if server["status"] in _TO_ACTIVE:
                self._act(_TO_ACTIVE[server["status"]], "ACTIVE")
            if status == "VERIFY_RESIZE":
                self._act({"resize": {"flavorRef": self.other_flavor_id()}}, status)
            elif status != "ACTIVE":
                self._act(_FROM_ACTIVE[status], status)
        return self._shown_server()

    def delete_server(self) -> None:
        """Delete the shared server, if there is one; the next experiment gets a new one."""
        if self._server_id is None:
            return
        path = f"/servers/{self._server_id}"
        self.call("compute", "DELETE", path)
        adapter = self.lane.cloud.compute
        self._wait(lambda: adapter.get(path).status_code == 404, "end of the server")
        self._server_id = None
        self._keep()

    def other_flavor_id(self) -> str:
        """A flavor that the shared server has not."""
        name = self._shown_server()["flavor"]["original_name"]
        return self.flavor_ids[1 if name == _FLAVORS[0] else 0]

    def server_port_id(self) -> str:
        """The port of the shared server."""
        ports = self.lane.reader.read().items["port"].values()
        return next(str(port["id"]) for port in ports if port["device_id"] == self._server_id)

    def _shown_server(self) -> JSON:
        server: JSON = self.call("compute", "GET", f"/servers/{self._server_id}")["server"]
        return server

    def _act(self, action: JSON, status: str) -> None:
        self.call("compute", "POST", f"/servers/{self._server_id}/action", action)
        self._wait(lambda: self._shown_server()["status"] in {status, "ERROR"}, f"server {status}")

    def _make_server(self) -> None:
        network_id = self.vpc["id"]
        for _attempt in range(ATTEMPTS):
            body = {
                "name": "faults-shared",
                "flavorRef": self.flavor_ids[0],
                "networks": [{"uuid": network_id}],
                "block_device_mapping_v2": [
                    {
                        "boot_index": 0,
                        "source_type": "image",
                        "destination_type": "volume",
                        "uuid": self.lane.project.image_id,
                        "volume_size": 2,
                        "delete_on_termination": True,
                    }
                ],
            }
            made = self.call("compute", "POST", "/servers", {"server": body})["server"]
            self._server_id = made["id"]
            self._wait(lambda: self._shown_server()["status"] in {"ACTIVE", "ERROR"}, "server")
            if self._shown_server()["status"] == "ACTIVE":
                self._keep()
                return
            self.call("compute", "DELETE", f"/servers/{self._server_id}")
        raise PreparationError(f"{ATTEMPTS} servers in a row are in ERROR")

    def volume(self, is_bootable: bool = False) -> str:
        """The id of a volume that is available."""
        body = {"volume": {"name": _name(), "size": 1}}
        volume_id = self.call("block_storage", "POST", "/volumes", body)["volume"]["id"]
        path = f"/volumes/{volume_id}"

        def is_available() -> bool:
            status = self.call("block_storage", "GET", path)["volume"]["status"]
            return bool(status == "available")

        self._wait(is_available, "volume")
        if is_bootable:
            action = {"os-set_bootable": {"bootable": True}}
            self.call("block_storage", "POST", f"{path}/action", action)
        return str(volume_id)

    def snapshot(self) -> str:
        """The id of a snapshot that is available."""
        body = {"snapshot": {"name": _name(), "volume_id": self.volume()}}
        snapshot_id = self.call("block_storage", "POST", "/snapshots", body)["snapshot"]["id"]

        def is_available() -> bool:
            path = f"/snapshots/{snapshot_id}"
            status = self.call("block_storage", "GET", path)["snapshot"]["status"]
            return bool(status == "available")

        self._wait(is_available, "snapshot")
        return str(snapshot_id)

    def image(self) -> str:
        """The id of an image of this project's alone."""
        body = {"name": _name(), "disk_format": "raw", "container_format": "bare"}
        image_id = self.call("image", "POST", "/images", body | {"visibility": "private"})["id"]
        self.lane.cloud.image.put(
            f"/images/{image_id}/file",
            data=b"\0" * 1024,
            headers={"Content-Type": "application/octet-stream"},
        )
        return str(image_id)

    def port(self) -> str:
        """The id of a port that nobody uses."""
        body = {"port": {"name": _name(), "network_id": self.vpc["id"]}}
        return str(self.call("network", "POST", "/ports", body)["port"]["id"])

    def security_group(self) -> str:
        """The id of a security group."""
        body = {"security_group": {"name": _name()}}
        made = self.call("network", "POST", "/security-groups", body)["security_group"]
        return str(made["id"])

    @functools.cached_property
    def other_project_id(self) -> str:
        """Another project of the cloud."""
        return str(self.lane.operator.current_project_id)

    @functools.cached_property
    def newcomer_id(self) -> str:
        """The cloud's operator, who has no role in this project."""
        return str(self.lane.operator.current_user_id)


def _name() -> str:
    return f"faults-{secrets.token_hex(4)}"
