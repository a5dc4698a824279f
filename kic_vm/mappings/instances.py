# SPDX-License-Identifier: Apache-2.0
"""Nova server, with its Neutron and Cinder resources -> instance of the contract."""

import dataclasses
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Final, TypedDict

from kic_vm.lifecycle.table import LifecycleTables
from kic_vm.mappings import attachments, flavors, images, keypairs
from kic_vm.mappings.flavors import InstanceFlavorView
from kic_vm.mappings.images import InstanceImageView
from kic_vm.mappings.instance_faults import FaultView, fault_of
from kic_vm.mappings.instance_network_interfaces import GroupView, in_attachment_order
from kic_vm.mappings.instance_states import (
    InstanceLifecycleView,
    instance_lifecycle_of,
    power_state,
    state_of,
)
from kic_vm.mappings.times import utc
from kic_vm.mappings.volume_types import VolumeTypes
from kic_vm.mappings.zones import Zones
from kic_vm.resources.block_storage import Volume
from kic_vm.resources.compute import Server
from kic_vm.resources.network import FloatingIPSummary, PortSummary
from kic_vm.schemas import texts


class AddressView(TypedDict):
    """One address of an instance; see AddressSchema."""

    private_ip: str
    public_ip: str | None
    network_interface_id: str


class AttachedVolumeView(TypedDict):
    """A volume attached to an instance; see AttachedVolumeSchema."""

    id: str
    name: str | None
    status: str | None
    mount_point: str | None
    type: str | None
    size: int | None
    is_delete_on_termination: bool | None
    created_at: str | None
    is_root: bool


@dataclasses.dataclass(frozen=True, slots=True)
class RelatedResources:
    """Resources of other services that belong to servers, indexed for lookup."""

    ports: Mapping[str, list[PortSummary]]
    """Neutron ports by device id."""
    public_ips: Mapping[tuple[str, str], str]
    """Floating addresses by port id and fixed address."""
    volumes: Mapping[str, Volume]
    """Cinder volumes by id."""
    group_names: Mapping[str, str]
    """Security group names by id."""
    flavor_ids: Mapping[str, str]
    """Flavor ids by name."""
    confirming: Collection[str] = ()
    """Ids of servers whose resize is being confirmed."""


@dataclasses.dataclass(frozen=True, slots=True)
class Translation:
    """The tables that translate the cloud's terms."""

    lifecycle: LifecycleTables
    zones: Zones
    volume_types: VolumeTypes


def ports_by_device(ports: Iterable[PortSummary]) -> dict[str, list[PortSummary]]:
    """Ports by device id."""
    found: dict[str, list[PortSummary]] = defaultdict(list)
    for port in ports:
        found[port["device_id"]].append(port)
    return found


def public_ips_by_port(
    floating_ips: Iterable[FloatingIPSummary],
) -> dict[tuple[str, str], str]:
    """Floating addresses by the port and the fixed address they are associated with."""
    return {
        (item["port_id"], item["fixed_ip_address"]): item["floating_ip_address"]
        for item in floating_ips
        if item["port_id"] and item["fixed_ip_address"]
    }


def _addresses(ports: list[PortSummary], related: RelatedResources) -> list[AddressView]:
    return [
        {
            "private_ip": fixed["ip_address"],
            "public_ip": related.public_ips.get((port["id"], fixed["ip_address"])),
            "network_interface_id": port["id"],
        }
        for port in ports
        for fixed in port["fixed_ips"]
    ]


def _security_groups(ports: list[PortSummary], related: RelatedResources) -> list[GroupView]:
    ids = dict.fromkeys(group for port in ports for group in port["security_groups"])
    return [{"id": group, "name": related.group_names.get(group)} for group in ids]


def unambiguous_group_names(
    servers: Iterable[Server], ports: Mapping[str, list[PortSummary]]
) -> dict[str, str]:
    """Security group names that need no further call.

    Neutron returns a server's group ids, Nova their names, and neither returns both. If a server
    has exactly one group, the id and the name belong together.
    """
    told = {}
    for server in servers:
        ids = {group for port in ports.get(server["id"], ()) for group in port["security_groups"]}
        names = {group["name"] for group in server.get("security_groups", ())}
        if len(ids) == 1 and len(names) == 1:
            told[ids.pop()] = names.pop()
    return told


def _attached_volumes(
    server: Server, related: RelatedResources, translation: Translation
) -> list[AttachedVolumeView]:
    attached = server["os-extended-volumes:volumes_attached"]
    known = [related.volumes[item["id"]] for item in attached if item["id"] in related.volumes]
    root = attachments.root_volume_id(server, known)
    is_attaching = attachments.is_attaching(server)
    shown: list[AttachedVolumeView] = []
    for item in attached:
        # Nova may still show a volume as attached that Cinder no longer lists.
        volume = related.volumes.get(item["id"])
        status = volume and _volume_status(volume, translation.lifecycle, is_attaching)
        shown.append(
            {
                "id": item["id"],
                "name": volume and volume["name"],
                "status": status,
                "mount_point": volume and attachments.mount_point(volume, server["id"]),
                "type": volume and translation.volume_types.to_client(volume["volume_type"]),
                "size": volume and volume["size"],
                "is_delete_on_termination": item.get("delete_on_termination"),
                "created_at": volume and utc(volume["created_at"]),
                "is_root": item["id"] == root,
            }
        )
    return sorted(shown, key=lambda item: (not item["is_root"], item["mount_point"] or ""))


def _volume_status(volume: Volume, lifecycle: LifecycleTables, is_attaching: bool) -> str:
    return lifecycle.volume_state(volume["status"], attach_in_progress=is_attaching).wire


def _image(
    server: Server, attached: list[AttachedVolumeView], related: RelatedResources
) -> InstanceImageView | None:
    for item in attached:
        if item["is_root"]:
            metadata = related.volumes[item["id"]].get("volume_image_metadata") or {}
            return images.image_of_volume(metadata)
    return images.image_of_volume({"image_id": server["image"]["id"]}) if server["image"] else None


class RelatedFields(TypedDict):
    """The fields of an instance that its ports and volumes determine."""

    addresses: list[AddressView]
    image: InstanceImageView | None
    availability_zone: str | None
    attached_volumes: list[AttachedVolumeView]
    security_groups: list[GroupView]
    security_group_count: int


class InstanceView(RelatedFields):
    """An instance in the responses to get and list; see InstanceSchema."""

    id: str
    name: str
    description: str | None
    flavor: InstanceFlavorView
    is_hyper_threading: bool | None
    is_hadoop: bool
    is_k8se: bool
    vm_state: str
    task_state: str | None
    power_state: str
    status: str
    lifecycle: InstanceLifecycleView
    fault: FaultView | None
    user_id: str
    project_id: str
    key_name: str | None
    hostname: str
    attached_volume_count: int
    instance_type: str
    created_at: str
    updated_at: str


RELATED_FIELDS: Final = frozenset(RelatedFields.__annotations__)


def _related_fields(
    server: Server, related: RelatedResources, translation: Translation
) -> RelatedFields:
    attached = _attached_volumes(server, related, translation)
    ports = in_attachment_order(server, related.ports.get(server["id"], ()))
    groups = _security_groups(ports, related)
    return {
        "addresses": _addresses(ports, related),
        "image": _image(server, attached, related),
        "availability_zone": _zone(server, attached, related, translation),
        "attached_volumes": attached,
        "security_groups": groups,
        "security_group_count": len(groups),
    }


def instance_from_server(
    server: Server, related: RelatedResources, translation: Translation
) -> InstanceView:
    """The contract's instance, as returned by get and list.

    :param server: Nova's server at microversion compute.SERVER
    """
    state = state_of(
        server,
        translation.lifecycle,
        confirm_in_progress=server["id"] in related.confirming,
        interface_count=len(related.ports.get(server["id"], ())),
    )
    extra_specs = server["flavor"].get("extra_specs") or {}
    determined = _related_fields(server, related, translation)
    flavor_name = server["flavor"]["original_name"]
    return {
        "id": server["id"],
        "name": server["name"],
        "description": texts.shown(server["description"]),
        "flavor": flavors.flavor_of_server(server["flavor"], related.flavor_ids.get(flavor_name)),
        "addresses": determined["addresses"],
        "is_hyper_threading": flavors.is_hyper_threading(extra_specs),
        "is_hadoop": False,
        "is_k8se": False,
        "image": determined["image"],
        "vm_state": server["OS-EXT-STS:vm_state"],
        "task_state": server["OS-EXT-STS:task_state"],
        "power_state": power_state(server),
        "status": state.wire,
        "lifecycle": instance_lifecycle_of(state, server),
        "fault": fault_of(server, state),
        "user_id": server["user_id"],
        "project_id": server["tenant_id"],
        "key_name": keypairs.instance_key_name(server["tenant_id"], server["key_name"]),
        "hostname": server["OS-EXT-SRV-ATTR:hostname"],
        "availability_zone": determined["availability_zone"],
        "attached_volumes": determined["attached_volumes"],
        "attached_volume_count": len(determined["attached_volumes"]),
        "security_groups": determined["security_groups"],
        "security_group_count": determined["security_group_count"],
        "instance_type": flavors.instance_type(extra_specs),
        "created_at": utc(server["created"]),
        "updated_at": utc(server["updated"]),
    }


def _zone(
    server: Server,
    attached: list[AttachedVolumeView],
    related: RelatedResources,
    translation: Translation,
) -> str | None:
    """The instance's zone; the zone of its root volume while the instance is on no host.

    Nova then returns no zone. As documented, an instance and its volumes are in the same zone.
    """
    zone = server["OS-EXT-AZ:availability_zone"]
    if not zone and attached and attached[0]["id"] in related.volumes:
        zone = related.volumes[attached[0]["id"]]["availability_zone"]
    return translation.zones.to_client(zone)
