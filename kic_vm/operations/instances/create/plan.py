"""Create instances: check everything, then send one request to Nova."""

from functools import partial
from typing import Any

from kic_vm import exceptions
from kic_vm.adapters.parallel import run_in_threads
from kic_vm.mappings import flavors as flavor_mapping
from kic_vm.mappings import instances as mapping
from kic_vm.mappings import request_marks
from kic_vm.operations.instances import flavors
from kic_vm.operations.instances.create import block_devices, idempotency, interfaces
from kic_vm.operations.instances.create.servers import create_servers
from kic_vm.operations.keypairs import copies
from kic_vm.operations.references import as_invalid_request
from kic_vm.operations.request import RequestServices

JSON = dict[str, Any]


def create_instances(services: RequestServices, request: JSON) -> JSON:
    """Create instances; the result shows the first one and names all.

    5 upstream calls in the usual case: flavor, image, subnets and the volume quota side by side,
    then Nova's create. One more with an Idempotency-Key, one for each named network interface,
    existing volume and further image, and one for security groups by name. See ``create_servers``
    for several instances, and for instances whose ports the gateway creates.

    :param request: InstanceCreateSchema, loaded
    :raises InvalidRequest: the request cannot work; nothing has been created
    :raises QuotaExceeded: the project's quota is used up; nothing has been created
    """
    _check_count(services, request)
    existing = idempotency.find(services, request["count"])
    if existing:
        return mapping.created_instances(existing)
    flavor, images, key_name, networks, volumes, _checked = run_in_threads(
        partial(_flavor, services, str(request["flavor_id"])),
        partial(block_devices.source_images, services, request),
        partial(copies.usable_name, services, "key_name", request["key_name"])
        if request["key_name"] is not None
        else _nothing,
        partial(interfaces.plan_interfaces, services, request),
        partial(block_devices.existing_volumes, services, request),
        partial(block_devices.check_quota, services, request),
    )
    _check_flavor(flavor, request, images)
    server: JSON = {
        "name": request["name"],
        "flavorRef": flavor["id"],
        "block_device_mapping_v2": block_devices.block_devices(services, request, images, volumes),
    }
    if request["description"] is not None:
        server["description"] = request["description"]
    if request["availability_zone"] is not None:
        zones = services.app_state.translation.zones
        server["availability_zone"] = zones.to_cloud(request["availability_zone"])
    if key_name is not None:
        server["key_name"] = key_name
    tags = request_marks.tags(services.context.idempotent_request)
    if tags:
        server["tags"] = tags
    if request["user_data"] is not None:
        server["user_data"] = request["user_data"]
    if request["security_groups"]:
        server["security_groups"] = request["security_groups"]
    servers = create_servers(services, server, networks, request["count"], flavor)
    return mapping.created_instances(servers)


def _nothing() -> None:
    return None


def _check_count(services: RequestServices, request: JSON) -> None:
    count, maximum = request["count"], services.app_state.conf.instance.max_count
    if count > maximum:
        raise exceptions.InvalidRequest(f"count: create at most {maximum} instances at once.")
    if count == 1:
        return
    for subnet in request["subnets"]:
        for field in ("network_interface_id", "private_ip"):
            if subnet[field]:
                raise exceptions.InvalidRequest(
                    f"count: several instances cannot share one {field}: leave it out, or create "
                    "them one at a time."
                )
    if any(volume["source_type"] == "volume" for volume in request["volumes"]):
        raise exceptions.InvalidRequest(
            "count: several instances cannot share one volume: create them one at a time."
        )


def _check_flavor(flavor: JSON, request: JSON, images: dict[str, JSON]) -> None:
    if flavor_mapping.instance_type(flavor["extra_specs"]) == "bm":
        raise exceptions.InvalidRequest(
            "flavor_id: this is a bare metal flavor: choose a virtual machine flavor."
        )
    image = images.get(str(request["image_id"]), {"min_ram": 0})
    if flavor["ram"] < image["min_ram"]:
        raise exceptions.InvalidRequest(
            f"flavor_id: the image needs at least {image['min_ram']} MB of memory, this flavor has "
            f"{flavor['ram']} MB: choose a larger flavor."
        )
    maximum = flavor_mapping.maximum_network_interfaces(flavor["extra_specs"])
    if maximum is not None and len(request["subnets"]) > maximum:
        raise exceptions.InvalidRequest(
            f"subnets: instances of this flavor can have at most {maximum} network interfaces."
        )


def _flavor(services: RequestServices, flavor_id: str) -> JSON:
    with as_invalid_request("flavor_id", "flavor", flavor_id):
        return flavors.get_nova_flavor(services, flavor_id)
