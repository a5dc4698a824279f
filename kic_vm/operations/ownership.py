# SPDX-License-Identifier: Apache-2.0
"""Resources by id, if they belong to the caller's project.

OpenStack shows a cloud admin the resources of every project, so each function compares the owner.
Every function makes one upstream call unless it says otherwise.
"""

from typing import Final

from kic_vm import exceptions
from kic_vm.operations.request import RequestServices
from kic_vm.resources.block_storage import Snapshot, Volume
from kic_vm.resources.compute import Server
from kic_vm.resources.image import Image
from kic_vm.resources.network import FloatingIP, Port
from kic_vm.resources.security_groups import SecurityGroup

_INFRASTRUCTURE: Final = "network:"  # prefix of the device_owner of Neutron's own ports


def get_own_server(services: RequestServices, instance_id: str, microversion: str) -> Server:
    """A server in Nova.

    :raises NotFound: the project has no such server
    """
    try:
        server = services.openstack.compute.get_server(instance_id, microversion)
    except exceptions.Forbidden as error:  # another project's server that is not scheduled yet
        raise exceptions.NotFound from error
    if server["tenant_id"] != services.project_id:
        raise exceptions.NotFound
    return server


def get_own_volume(services: RequestServices, volume_id: str) -> Volume:
    """A volume in Cinder.

    :raises NotFound: the project has no such volume
    """
    volume = services.openstack.block_storage.get_volume(volume_id)
    if volume["os-vol-tenant-attr:tenant_id"] != services.project_id:
        raise exceptions.NotFound
    return volume


def get_own_snapshot(services: RequestServices, snapshot_id: str) -> Snapshot:
    """A snapshot in Cinder.

    :raises NotFound: the project has no such snapshot
    """
    snapshot = services.openstack.block_storage.get_snapshot(snapshot_id)
    if snapshot["os-extended-snapshot-attributes:project_id"] != services.project_id:
        raise exceptions.NotFound
    return snapshot


def find_image(services: RequestServices, image_id: str) -> tuple[Image, str | None]:
    """An image in Glance that the project may use, and the member status of a shared image.

    One upstream call, two for an image that another project shares.

    :returns: the image, and the member status (None where the image is not shared with the project)
    :raises NotFound: the project cannot see the image
    """
    image = services.openstack.image.get_image(image_id)
    if image["visibility"] == "private" and image["owner"] != services.project_id:
        raise exceptions.NotFound
    if not is_offered_image(services, image):
        return image, None
    return image, str(services.openstack.image.get_member(image_id, services.project_id)["status"])


def get_own_image(services: RequestServices, image_id: str) -> Image:
    """An image in Glance. One upstream call, two for an image that another project shares.

    :raises NotFound: the project cannot see the image
    :raises Forbidden: the image belongs to another project
    """
    image, _member_status = find_image(services, image_id)
    if image["owner"] != services.project_id:
        raise exceptions.Forbidden("Only the owning project can change this image.")
    return image


def is_offered_image(services: RequestServices, image: Image) -> bool:
    """Whether another project shares the image with some projects."""
    return image["visibility"] == "shared" and image["owner"] != services.project_id


def get_own_port(services: RequestServices, port_id: str) -> Port:
    """A port in Neutron.

    :raises NotFound: the project has no such port
    """
    port = services.openstack.network.get_port(port_id)
    if port["project_id"] != services.project_id:
        raise exceptions.NotFound
    return port


def is_interface(port: Port) -> bool:
    """Whether a port is a network interface, not one that Neutron created for a router or DHCP."""
    return not port["device_owner"].startswith(_INFRASTRUCTURE)


def get_own_interface(services: RequestServices, port_id: str) -> Port:
    """A port in Neutron that is a network interface.

    :raises NotFound: the project has no such interface
    """
    port = get_own_port(services, port_id)
    if not is_interface(port):
        raise exceptions.NotFound
    return port


def get_own_security_group(services: RequestServices, group_id: str) -> SecurityGroup:
    """A security group in Neutron, with all its rules.

    :raises NotFound: the project has no such group
    """
    group = services.openstack.network.get_whole_security_group(group_id)
    if group["project_id"] != services.project_id:
        raise exceptions.NotFound
    return group


def check_own_security_group(services: RequestServices, group_id: str) -> None:
    """Check that the project has a security group. This costs less than reading its rules.

    :raises NotFound: the project has no such group
    """
    group = services.openstack.network.get_security_group(group_id)
    if group["project_id"] != services.project_id:
        raise exceptions.NotFound


def get_own_floating_ip(services: RequestServices, floating_ip_id: str) -> FloatingIP:
    """A floating IP in Neutron.

    :raises NotFound: the project has no such floating IP
    """
    floating_ip = services.openstack.network.get_floating_ip(floating_ip_id)
    if floating_ip["project_id"] != services.project_id:
        raise exceptions.NotFound
    return floating_ip


def check_project(services: RequestServices, field: str, project_id: str) -> None:
    """Check that there is a project; Glance and Neutron would share with any text.

    Where the cloud does not let the gateway look, every id is accepted.

    :param field: of the project's id, for the sentence
    :raises NotFound: there is none
    """
    try:
        services.as_gateway().openstack.identity.get_project(project_id)
    except exceptions.NotFound as error:
        raise exceptions.NotFound(f"{field}: there is no project with this id.") from error
    except exceptions.Forbidden:
        return
