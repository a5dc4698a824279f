# SPDX-License-Identifier: Apache-2.0
"""A call of each method of the adapters, with its arguments and the answers that it needs.

``populate`` has most of the answers; those that no operation needs are here.
"""

import datetime
import inspect
from collections.abc import Callable, Iterator
from typing import Any, Final

from kic_vm.adapters.block_storage import BlockStorage
from kic_vm.adapters.compute import Compute
from kic_vm.adapters.identity import Identity
from kic_vm.adapters.image import Image
from kic_vm.adapters.network import Network
from kic_vm.adapters.network.lists import NetworkLists
from kic_vm.adapters.openstack_services import OpenStackServices
from kic_vm.adapters.service import Service
from tests.unit import personas
from tests.unit.bodies import (
    FLAVOR,
    FREE_PORT,
    FREE_PUBLIC_IP,
    FREE_VOLUME,
    IMAGE_MEMBER,
    NETWORK,
    OTHER_GROUP,
    OWN_IMAGE,
    ROOT_VOLUME,
    ROUTER,
    RULE,
    SERVER,
    SNAPSHOT,
    SUBNET,
    body,
)
from tests.unit.cloud import Cloud
from tests.unit.keystone_members import COLLEAGUE, DOMAIN, ROLES
from tests.unit.populated import populate

JSON = dict[str, Any]

# The adapters by their attribute of OpenStackServices.
ADAPTERS: Final[dict[str, type[Service]]] = {
    "block_storage": BlockStorage,
    "compute": Compute,
    "identity": Identity,
    "image": Image,
    "network": Network,
}
_SHARE: Final = "0b7e1d4c-3a5f-4f0e-9c2d-6b8a7d1e5f30"
_CHANGES: Final = {"name": "renamed"}
_KEY: Final = "ssh-ed25519 AAAA test"

# Parameter -> its argument in all methods of all services.
REQUEST_ID: Final = "req-6a3ce6d3-6e2c-4a2b-9bde-1f7d0d6a53f5"
ARGUMENTS: Final[JSON] = {
    "action": "os-stop",
    "active": ["unlisted"],
    "after": SERVER["id"],
    "request_id": REQUEST_ID,
    "before": "2026-11-24T00:00:00Z",
    "changes": _CHANGES,
    "description": "Made by kic-vm for an instance",
    "domain_id": DOMAIN,
    "effective": True,
    "flavor_id": FLAVOR["id"],
    "floating_ip": FREE_PUBLIC_IP,
    "floating_ip_id": FREE_PUBLIC_IP["id"],
    "group": {"name": "made"},
    "group_id": OTHER_GROUP,
    "image_id": OWN_IMAGE["id"],
    "instance_id": SERVER["id"],
    "is_delete_on_termination": True,
    "kind": "networks",
    "limit": 20,
    "lines": 10,
    "metadata": {"kic-vm": "x"},
    "name": "made",
    "network": _CHANGES,
    "network_id": NETWORK["id"],
    "port": FREE_PORT,
    "port_id": FREE_PORT["id"],
    "ports": [{"network_id": NETWORK["id"]}],
    "project_id": personas.PROJECT,
    "public_key": _KEY,
    "reservation": "r-1",
    "resource_id": NETWORK["id"],
    "role_id": ROLES["reader"],
    "router": ROUTER,
    "router_id": ROUTER["id"],
    "routes": [],
    "rule_id": RULE["id"],
    "rules": [RULE],
    "server": {"name": "made"},
    "server_id": SERVER["id"],
    "server_ids": [],
    "share_id": _SHARE,
    "since": "2026-11-24T00:00:00Z",
    "size": 20,
    "snapshot": _CHANGES,
    "snapshot_id": SNAPSHOT["id"],
    "subnet": {"network_id": NETWORK["id"], "cidr": "10.20.0.0/24"},
    "subnet_id": SUBNET["id"],
    "tag": "x",
    "tags": ["x"],
    "token": personas.token_of("member"),
    "user_id": COLLEAGUE,
    "volume": {"size": 10},
    "volume_id": FREE_VOLUME,
}
# Arguments of single methods: of optional parameters too.
OWN_ARGUMENTS: Final[dict[str, JSON]] = {
    "block_storage.upload_volume": {"volume_id": ROOT_VOLUME},
    "block_storage.list_snapshots": {"volume_id": FREE_VOLUME, "status": "creating"},
    "compute.delete_keypair": {"name": body("keypair")["keypair"]["name"]},
    "compute.detach_volume": {"volume_id": ROOT_VOLUME},
    "compute.find_keypair": {"name": body("keypair")["keypair"]["name"]},
    "compute.get_keypair": {"name": body("keypair")["keypair"]["name"]},
    "compute.get_volume_attachment": {"volume_id": ROOT_VOLUME},
    "compute.list_active_servers": {"since": datetime.datetime(2026, 11, 24, tzinfo=datetime.UTC)},
    "compute.list_all_servers": {"status": "ERROR"},
    "compute.list_reachable_servers": {"name": "x"},
    "compute.update_volume_attachment": {"volume_id": ROOT_VOLUME},
    "identity.get_project": {"project_id": IMAGE_MEMBER["member_id"]},
    "identity.list_users": {"name": "carl"},
    "image.add_member": {"project_id": IMAGE_MEMBER["member_id"]},
    "image.get_member": {"project_id": IMAGE_MEMBER["member_id"]},
    "image.remove_member": {"project_id": IMAGE_MEMBER["member_id"]},
    "network.list_ports_in": {"network_id": NETWORK["id"]},
    "network.list_whole_ports": {"device_id": SERVER["id"]},
}


def methods() -> Iterator[str]:
    """Every method of the adapters, as ``service.method``."""
    for service, adapter in ADAPTERS.items():
        for name in dir(adapter):
            if not name.startswith("_") and not hasattr(NetworkLists, name):
                yield f"{service}.{name}"


def call_of(services: OpenStackServices, method: str) -> Callable[[], Any]:
    """The call of a method with its arguments.

    :param method: as in ``methods``
    :raises KeyError: a parameter has no argument in ARGUMENTS; the message says what to add
    """
    service, _dot, name = method.partition(".")
    function = getattr(getattr(services, service), name)
    own = OWN_ARGUMENTS.get(method, {})
    arguments = dict(own)
    for parameter in inspect.signature(function).parameters.values():
        is_needed = parameter.default is parameter.empty and parameter.kind != parameter.VAR_KEYWORD
        if parameter.name in own or not is_needed:
            continue
        if parameter.name not in ARGUMENTS:
            raise KeyError(
                f"{method} has a parameter {parameter.name} without an argument: add one to "
                f"ARGUMENTS, or to OWN_ARGUMENTS[{method!r}], in {__file__}"
            )
        arguments[parameter.name] = ARGUMENTS[parameter.name]
    return lambda: function(**arguments)


def answer_all(cloud: Cloud) -> None:
    """Have the services answer every method of the adapters."""
    populate(cloud)
    created = body("server_created") | {"reservation_id": "r-1"}
    cloud.answer("POST", "nova", "/servers", created, 202)
    server = f"/servers/{SERVER['id']}"
    interface = f"{server}/os-interface/{FREE_PORT['id']}"
    cloud.answer("GET", "nova", interface, body("interface_attached"))
    events = {"instanceAction": {"request_id": REQUEST_ID, "events": []}}
    cloud.answer("GET", "nova", f"{server}/os-instance-actions/{REQUEST_ID}", events)
    attachment = f"{server}/os-volume_attachments/{ROOT_VOLUME}"
    cloud.answer("GET", "nova", attachment, body("volume_attachment"))
    keypair = body("keypair")
    of_colleague = f"/os-keypairs/{keypair['keypair']['name']}?user_id={COLLEAGUE}"
    cloud.answer("GET", "nova", of_colleague, keypair)
    cloud.answer("GET", "nova", "/servers/unlisted", body("server"))
    report = {"server_usages": [{"instance_id": SERVER["id"], "state": "active"}]}
    usage_path = f"/os-simple-tenant-usage/{personas.PROJECT}"
    cloud.answer("GET", "nova", usage_path, {"tenant_usage": report})
    member = f"/images/{OWN_IMAGE['id']}/members/{IMAGE_MEMBER['member_id']}"
    cloud.answer("GET", "glance", member, IMAGE_MEMBER)
    cloud.answer("GET", "cinder", "/os-services", {"services": []})
    cloud.answer("GET", "neutron", "/extensions", {"extensions": [{"alias": "router"}]})
    for path in (f"/ports/{FREE_PORT['id']}", f"/security-groups/{OTHER_GROUP}"):
        cloud.answer("PUT", "neutron", f"{path}/tags/x", {})
        cloud.answer("DELETE", "neutron", f"{path}/tags/x", status=204)
    share = {"id": _SHARE, "target_tenant": personas.PROJECT}
    cloud.answer("POST", "neutron", "/rbac-policies", {"rbac_policy": share}, 201)
    cloud.answer("DELETE", "neutron", f"/rbac-policies/{_SHARE}", status=204)
