# SPDX-License-Identifier: Apache-2.0
"""Create instances: check the whole request first, then send one call to Nova."""

from functools import partial

from kic_vm import exceptions
from kic_vm.adapters.parallel import run_in_threads
from kic_vm.exceptions import FieldErrorCode
from kic_vm.mappings import flavors as flavor_mapping
from kic_vm.mappings import instance_changes as mapping
from kic_vm.mappings import request_marks
from kic_vm.mappings.instance_changes import CreatedInstancesView
from kic_vm.operations.instances import flavors
from kic_vm.operations.instances.create import block_devices, idempotency, interfaces
from kic_vm.operations.instances.create.servers import create_servers
from kic_vm.operations.keypairs import copies
from kic_vm.operations.references import as_invalid_request
from kic_vm.operations.request import RequestServices
from kic_vm.resources.compute import Flavor, ServerRequest
from kic_vm.resources.image import Image
from kic_vm.schemas.instance_changes import InstanceCreateBody


def create_instances(services: RequestServices, wanted: InstanceCreateBody) -> CreatedInstancesView:
    """Create instances; the response shows the first one and lists the names of all.

    Usually 5 upstream calls: flavor, image, subnets and the volume quota side by side, then Nova's
    create. Two more with an Idempotency-Key, one for each existing network interface, existing
    volume and further image, and one for security groups if the request names a group or an
    interface. ``create_servers`` describes the calls for several instances, and for instances
    whose ports the gateway creates.

    :param wanted: InstanceCreateSchema, loaded
    :raises InvalidRequest: the request could not succeed; nothing was created
    :raises QuotaExceeded: the project's quota is used up; nothing was created
    """
    _check_count(services, wanted)
    made = idempotency.find(services, wanted["count"])
    if made:
        return mapping.created_instances(made, None)
    flavor, images, key_name, networks, volumes, _checked = run_in_threads(
        partial(_flavor, services, str(wanted["flavor_id"])),
        partial(block_devices.source_images, services, wanted),
        partial(copies.usable_name, services, "key_name", wanted["key_name"])
        if wanted["key_name"] is not None
        else _nothing,
        partial(interfaces.plan_interfaces, services, wanted),
        partial(block_devices.existing_volumes, services, wanted),
        partial(block_devices.check_quota, services, wanted),
    )
    _check_flavor(flavor, wanted, images)
    server: ServerRequest = {
        "name": wanted["name"],
        "flavorRef": flavor["id"],
        "block_device_mapping_v2": block_devices.block_devices(services, wanted, images, volumes),
    }
    if wanted["description"] is not None:
        server["description"] = wanted["description"]
    if wanted["availability_zone"] is not None:
        zones = services.app_state.translation.zones
        server["availability_zone"] = zones.to_cloud(wanted["availability_zone"])
    if key_name is not None:
        server["key_name"] = key_name
    tags = request_marks.tags(services.context.idempotent_request)
    if tags:
        server["tags"] = tags
    if wanted["user_data"] is not None:
        server["user_data"] = wanted["user_data"]
    if wanted["security_groups"]:
        server["security_groups"] = wanted["security_groups"]
    servers = create_servers(services, server, networks, wanted["count"], flavor)
    group_names = dict.fromkeys(name for placement in networks for name in placement.group_names)
    return mapping.created_instances(servers, list(group_names))


def _nothing() -> None:
    return None


def _check_count(services: RequestServices, wanted: InstanceCreateBody) -> None:
    count, maximum = wanted["count"], services.app_state.conf.instance.max_count
    if count > maximum:
        raise exceptions.InvalidField(
            "count", f"create at most {maximum} instances at once.", FieldErrorCode.OUT_OF_RANGE
        )
    if count == 1:
        return
    for subnet in wanted["subnets"]:
        for field in ("network_interface_id", "private_ip"):
            if subnet[field]:
                raise exceptions.InvalidField(
                    "count",
                    f"several instances cannot share one {field}: leave it out, or create "
                    "them one at a time.",
                )
    if any(volume["source_type"] == "volume" for volume in wanted["volumes"]):
        raise exceptions.InvalidField(
            "count", "several instances cannot share one volume: create them one at a time."
        )


def _check_flavor(flavor: Flavor, wanted: InstanceCreateBody, images: dict[str, Image]) -> None:
    extra_specs = flavor.get("extra_specs", {})  # the cloud's policy may hide them
    if flavor_mapping.instance_type(extra_specs) == "bm":
        raise exceptions.InvalidField(
            "flavor_id", "this is a bare metal flavor: choose a virtual machine flavor."
        )
    image = images.get(str(wanted["image_id"]))
    if image and flavor["ram"] < image["min_ram"]:
        raise exceptions.InvalidField(
            "flavor_id",
            f"the image needs at least {image['min_ram']} MB of memory, this flavor has "
            f"{flavor['ram']}.",
            FieldErrorCode.OUT_OF_RANGE,
        )
    maximum = flavor_mapping.maximum_network_interfaces(extra_specs)
    if maximum is not None and len(wanted["subnets"]) > maximum:
        raise exceptions.InvalidField(
            "subnets",
            f"instances of this flavor can have at most {maximum} network interfaces.",
            FieldErrorCode.OUT_OF_RANGE,
        )


def _flavor(services: RequestServices, flavor_id: str) -> Flavor:
    with as_invalid_request("flavor_id", "flavor", flavor_id):
        return flavors.get_nova_flavor(services, flavor_id)
