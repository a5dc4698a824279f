# SPDX-License-Identifier: Apache-2.0
"""Nova server -> the contract's instance in responses to a creation, an update or a rebuild."""

from typing import Any

from kic_vm.mappings import keypairs
from kic_vm.mappings.instance_states import lifecycle_of, power_state, state_of
from kic_vm.mappings.instances import Translation
from kic_vm.mappings.times import utc
from kic_vm.schemas import texts

JSON = dict[str, Any]


def updated_instance_from_server(
    server: JSON, translation: Translation, *, confirm_in_progress: bool
) -> JSON:
    """The contract's instance, as returned by an update: its shape differs from a get."""
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
        "attached_volumes": [
            {"id": item["id"], "is_delete_on_termination": item["delete_on_termination"]}
            for item in server["os-extended-volumes:volumes_attached"]
        ],
        "hostname": server["OS-EXT-SRV-ATTR:hostname"],
    }


def rebuilt_instance_from_server(server: JSON, before: JSON, translation: Translation) -> JSON:
    """The contract's instance, as returned by a rebuild: as by an update, except for volume ids.

    :param server: Nova's answer to the rebuild, at microversion compute.REBUILD
    :param before: the server before the rebuild; the answer lacks its security groups
    """
    shown = updated_instance_from_server(
        server | {"security_groups": before.get("security_groups", ())},
        translation,
        confirm_in_progress=False,
    )
    shown["attached_volumes"] = [
        {
            "volume_id": volume["id"],
            "is_delete_on_termination": volume["is_delete_on_termination"],
        }
        for volume in shown["attached_volumes"]
    ]
    return shown


def created_instances(servers: list[JSON], group_names: list[str] | None) -> JSON:
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


def _created_instance(server: JSON, group_names: list[str] | None) -> JSON:
    if group_names is None:
        group_names = [group["name"] for group in server.get("security_groups", ())]
    return {
        "id": server["id"],
        "security_groups": [{"name": name} for name in group_names],
        "admin_pass": server.get("adminPass"),
        "disk_config": server["OS-DCF:diskConfig"],
    }
