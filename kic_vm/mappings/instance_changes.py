# SPDX-License-Identifier: Apache-2.0
"""Nova server -> the contract's instance in responses to a creation, an update or a rebuild."""

from collections.abc import Iterable
from typing import TypedDict

from kic_vm.mappings import keypairs
from kic_vm.mappings.instance_states import LifecycleView, lifecycle_of, power_state, state_of
from kic_vm.mappings.instances import Translation
from kic_vm.mappings.times import utc
from kic_vm.resources.compute import GroupName, NamedServer, Server
from kic_vm.schemas import texts


class UpdatedFlavorView(TypedDict):
    """The flavor in the response to an update; see UpdatedFlavorSchema."""

    vcpus: int
    ram: int
    disk: int
    original_name: str


class UpdatedVolumeView(TypedDict):
    """A volume in the response to an update; see UpdatedVolumeSchema."""

    id: str
    is_delete_on_termination: bool


class RebuiltVolumeView(TypedDict):
    """A volume in the response to a rebuild; see RebuiltVolumeSchema."""

    volume_id: str
    is_delete_on_termination: bool


class _ChangedInstance(TypedDict):
    """The fields of an instance in the responses to an update and a rebuild, without volumes."""

    id: str
    name: str
    description: str | None
    status: str
    lifecycle: LifecycleView
    project_id: str
    user_id: str
    metadata: dict[str, str]
    flavor: UpdatedFlavorView
    created_at: str
    updated_at: str
    addresses: list[dict[str, str]]
    availability_zone: str | None
    key_name: str | None
    terminated_at: str | None
    security_groups: list[GroupName]
    task_state: str | None
    vm_state: str
    power_state: str
    hostname: str


class UpdatedInstanceView(_ChangedInstance):
    """An instance in the response to an update; see UpdatedInstanceSchema."""

    attached_volumes: list[UpdatedVolumeView]


class RebuiltInstanceView(_ChangedInstance):
    """An instance in the response to a rebuild; see RebuiltInstanceSchema."""

    attached_volumes: list[RebuiltVolumeView]


class CreatedInstanceView(TypedDict):
    """A new instance; see CreatedInstanceSchema."""

    id: str
    security_groups: list[GroupName]
    admin_pass: str | None
    disk_config: str


class NamedInstanceView(TypedDict):
    """One of the new instances; see NamedInstanceSchema."""

    id: str
    name: str


class CreatedInstancesView(TypedDict):
    """The response to a creation; see CreatedInstancesSchema."""

    instance: CreatedInstanceView
    instances: list[NamedInstanceView]


def updated_instance_from_server(
    server: Server, translation: Translation, *, confirm_in_progress: bool
) -> UpdatedInstanceView:
    """The contract's instance, as returned by an update: its shape differs from a get."""
    changed = _changed_instance(server, translation, confirm_in_progress=confirm_in_progress)
    return {
        **changed,
        "attached_volumes": [
            {"id": item["id"], "is_delete_on_termination": item["delete_on_termination"]}
            for item in server["os-extended-volumes:volumes_attached"]
        ],
    }


def _changed_instance(
    server: Server, translation: Translation, *, confirm_in_progress: bool
) -> _ChangedInstance:
    state = state_of(server, translation.lifecycle, confirm_in_progress=confirm_in_progress)
    flavor = server["flavor"]
    return {
        "id": server["id"],
        "name": server["name"],
        "description": texts.shown(server["description"]),
        "status": state.wire,
        "lifecycle": lifecycle_of(state),
        "project_id": server["tenant_id"],
        "user_id": server["user_id"],
        "metadata": server["metadata"],
        "flavor": {
            "vcpus": flavor["vcpus"],
            "ram": flavor["ram"],
            "disk": flavor["disk"],
            "original_name": flavor["original_name"],
        },
        "created_at": utc(server["created"]),
        "updated_at": utc(server["updated"]),
        "addresses": [
            {
                "mac_address": item["OS-EXT-IPS-MAC:mac_addr"],
                "public_ip" if item["OS-EXT-IPS:type"] == "floating" else "private_ip": item[
                    "addr"
                ],
            }
            for items in server["addresses"].values()
            for item in items
        ],
        "availability_zone": translation.zones.to_client(server["OS-EXT-AZ:availability_zone"]),
        "key_name": keypairs.instance_key_name(server["tenant_id"], server["key_name"]),
        "terminated_at": utc(server["OS-SRV-USG:terminated_at"]),
        "security_groups": [{"name": group["name"]} for group in server.get("security_groups", ())],
        "task_state": server["OS-EXT-STS:task_state"],
        "vm_state": server["OS-EXT-STS:vm_state"],
        "power_state": power_state(server),
        "hostname": server["OS-EXT-SRV-ATTR:hostname"],
    }


def rebuilt_instance_from_server(
    server: Server, before: Server, translation: Translation
) -> RebuiltInstanceView:
    """The contract's instance, as returned by a rebuild: as by an update, except for volume ids.

    :param server: Nova's answer to the rebuild, at microversion compute.REBUILD
    :param before: the server before the rebuild; the answer lacks its security groups
    """
    whole: Server = {**server, "security_groups": before.get("security_groups", [])}
    return {
        **_changed_instance(whole, translation, confirm_in_progress=False),
        "attached_volumes": [
            {
                "volume_id": volume["id"],
                "is_delete_on_termination": volume["delete_on_termination"],
            }
            for volume in server["os-extended-volumes:volumes_attached"]
        ],
    }


def created_instances(
    servers: Iterable[NamedServer], group_names: list[str] | None
) -> CreatedInstancesView:
    """The contract's response to a creation: the first instance, and a list of all of them.

    :param group_names: the instances' security groups, because Nova's answer to a creation names
        the requested ones only; None if ``servers`` come from a list
    """
    # name-2 comes before name-10
    ordered = sorted(servers, key=lambda server: (len(server["name"]), server["name"]))
    return {
        "instance": _created_instance(ordered[0], group_names),
        "instances": [{"id": server["id"], "name": server["name"]} for server in ordered],
    }


def _created_instance(server: NamedServer, group_names: list[str] | None) -> CreatedInstanceView:
    if group_names is None:
        group_names = [group["name"] for group in server.get("security_groups", ())]
    return {
        "id": server["id"],
        "security_groups": [{"name": name} for name in group_names],
        "admin_pass": server.get("adminPass"),
        "disk_config": server["OS-DCF:diskConfig"],
    }
