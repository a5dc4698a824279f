# SPDX-License-Identifier: Apache-2.0
"""Nova server, with its Neutron and Cinder resources -> instance of the contract."""

import dataclasses
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, TypedDict

from kic_vm.lifecycle.table import LifecycleTables
from kic_vm.mappings import attachments, flavors, images, keypairs
from kic_vm.mappings.instance_faults import fault_of
from kic_vm.mappings.instance_network_interfaces import in_attachment_order
from kic_vm.mappings.instance_states import (
    instance_lifecycle_of,
    power_state,
    state_of,
)
from kic_vm.mappings.times import utc
from kic_vm.mappings.volume_types import VolumeTypes
from kic_vm.mappings.zones import Zones
from kic_vm.resources.network import FloatingIPSummary, PortSummary
from kic_vm.schemas import texts

JSON = dict[str, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class RelatedResources:
    """Resources of other services that belong to servers, indexed for lookup."""

    ports: Mapping[str, list[PortSummary]]
    """Neutron ports by device id."""
    public_ips: Mapping[tuple[str, str], str]
    """Floating addresses by port id and fixed address."""
    volumes: Mapping[str, JSON]
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


def _addresses(ports: list[PortSummary], related: RelatedResources) -> list[JSON]:
    return [
        {
            "private_ip": fixed["ip_address"],
            "public_ip": related.public_ips.get((port["id"], fixed["ip_address"])),
            "network_interface_id": port["id"],
        }
        for port in ports
        for fixed in port["fixed_ips"]
    ]


def _security_groups(ports: list[PortSummary], related: RelatedResources) -> list[JSON]:
    ids = dict.fromkeys(group for port in ports for group in port["security_groups"])
    return [{"id": group, "name": related.group_names.get(group)} for group in ids]


def unambiguous_group_names(
    servers: Iterable[JSON], ports: Mapping[str, list[PortSummary]]
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
    server: JSON, related: RelatedResources, translation: Translation
) -> list[JSON]:
    attached = server["os-extended-volumes:volumes_attached"]
    known = [related.volumes[item["id"]] for item in attached if item["id"] in related.volumes]
    root = attachments.root_volume_id(server, known)
    is_attaching = attachments.is_attaching(server)
    shown = []
    for item in attached:
        # Nova may still show a volume as attached that Cinder no longer lists.
        volume = related.volumes.get(item["id"], {})
        shown.append(
            {
                "id": item["id"],
                "name": volume.get("name"),
                "status": _volume_status(volume, translation.lifecycle, is_attaching)
                if volume
                else None,
                "mount_point": attachments.mount_point(volume, server["id"]),
                "type": translation.volume_types.to_client(volume.get("volume_type")),
                "size": volume.get("size"),
                "is_delete_on_termination": item.get("delete_on_termination"),
                "created_at": utc(volume.get("created_at")),
                "is_root": item["id"] == root,
            }
        )
    return sorted(shown, key=lambda item: (not item["is_root"], item["mount_point"] or ""))


def _volume_status(volume: JSON, lifecycle: LifecycleTables, is_attaching: bool) -> str:
    return lifecycle.volume_state(volume["status"], attach_in_progress=is_attaching).wire


def _image(server: JSON, attached: list[JSON], related: RelatedResources) -> JSON | None:
    for item in attached:
        if item["is_root"]:
            metadata = related.volumes[item["id"]].get("volume_image_metadata") or {}
            return images.image_of_volume(metadata)
    return images.image_of_volume({"image_id": server["image"]["id"]}) if server["image"] else None


class RelatedFields(TypedDict):
    """The fields of an instance that its ports and volumes determine."""

    addresses: list[JSON]
    image: JSON | None
    availability_zone: str | None
    attached_volumes: list[JSON]
    security_groups: list[JSON]
    security_group_count: int


RELATED_FIELDS: Final = frozenset(RelatedFields.__annotations__)


def _related_fields(
    server: JSON, related: RelatedResources, translation: Translation
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


def instance_from_server(server: JSON, related: RelatedResources, translation: Translation) -> JSON:
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
    server: JSON, attached: list[JSON], related: RelatedResources, translation: Translation
) -> str | None:
    """The instance's zone; the zone of its root volume while the instance is on no host.

    Nova then returns no zone. As documented, an instance and its volumes are in the same zone.
    """
    zone = server["OS-EXT-AZ:availability_zone"]
    if not zone and attached and attached[0]["id"] in related.volumes:
        zone = related.volumes[attached[0]["id"]]["availability_zone"]
    return translation.zones.to_client(zone)
