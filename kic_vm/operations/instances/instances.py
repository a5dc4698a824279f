# SPDX-License-Identifier: Apache-2.0
"""Instances: get, list, delete."""

from collections.abc import Collection, Iterable, Mapping
from functools import partial
from typing import Any, Final

from kic_vm import exceptions
from kic_vm.adapters import compute
from kic_vm.adapters.http.interleaved import gather_reads
from kic_vm.cache.stored_lists import Pagination
from kic_vm.mappings import instances as mapping
from kic_vm.mappings.instances import InstanceView
from kic_vm.operations import listing, recent_lists
from kic_vm.operations.instances import (
    attached_volumes,
    flavors,
    pages,
    resize_confirmation,
    state_since,
)
from kic_vm.operations.networks import made_ports
from kic_vm.operations.ownership import get_own_server
from kic_vm.operations.request import RequestServices
from kic_vm.resources.block_storage import Volume
from kic_vm.resources.compute import Server
from kic_vm.resources.network import FloatingIPSummary, PortSummary
from kic_vm.schemas.instances import InstanceListQuerySchema

_FILTERS: Final = listing.filters_of(
    InstanceListQuerySchema,
    flavor_name=listing.equals("flavor", "name"),
    image_name=listing.equals("image", "name"),
    private_ip=listing.any_equals("addresses", "private_ip"),
    public_ip=listing.any_equals("addresses", "public_ip"),
    os_type=listing.equals("image", "os_type"),
)


def _related_resources(
    services: RequestServices,
    servers: list[Server],
    ports: Iterable[PortSummary],
    floating_ips: Iterable[FloatingIPSummary],
    volumes: Iterable[Volume],
    confirming: Collection[str],
) -> mapping.RelatedResources:
    """Resources of other services that belong to ``servers``; no call for known names."""
    by_device = mapping.ports_by_device(ports)
    names = mapping.unambiguous_group_names(servers, by_device)
    ids = {
        group
        for server in servers
        for port in by_device.get(server["id"], ())
        for group in port["security_groups"]
    }
    if not ids <= names.keys():
        names |= {
            group["id"]: group["name"]
            for group in services.openstack.network.list_security_groups()
        }
    return mapping.RelatedResources(
        ports=by_device,
        public_ips=mapping.public_ips_by_port(floating_ips),
        volumes={volume["id"]: volume for volume in volumes},
        group_names=names,
        flavor_ids=flavors.ids_by_name(
            services, (server["flavor"]["original_name"] for server in servers)
        ),
        confirming=confirming,
    )


def _shown(services: RequestServices, found: pages.ServerResources) -> list[InstanceView]:
    """Servers as instances."""
    servers = found.servers
    confirming = resize_confirmation.confirm_due(services, servers)
    related = _related_resources(
        services, servers, found.ports, found.floating_ips, found.volumes, confirming
    )
    translation = services.app_state.translation
    return [mapping.instance_from_server(server, related, translation) for server in servers]


def get_instance(services: RequestServices, instance_id: str) -> InstanceView:
    """One instance: 3 upstream calls, and 1 for its volumes, all side by side.

    See attached_volumes for projects with very many volumes. The call for the volumes waits for
    the others if the instance is read for the first time, or its volumes have changed since the
    last time. One more call if a finished resize must be confirmed, as [resize] configures. None
    if the client accepts the age of a list that the gateway knows.
    """
    known: InstanceView | None = recent_lists.find(services, "instances", instance_id)
    if known is not None:
        return known
    openstack = services.openstack
    expected = attached_volumes.expected(services, instance_id)
    try:
        server, ports, floating_ips, volumes = gather_reads(
            partial(get_own_server, services, instance_id, compute.SERVER),
            partial(openstack.network.list_ports, instance_id),
            openstack.network.list_floating_ips,
            partial(attached_volumes.get_volumes, services, expected),
        )
    except exceptions.NotFound:
        made_ports.remove_ports_of_deleted(services, instance_id)
        raise
    attached = attached_volumes.ids_of(server)
    if attached != expected:
        attached_volumes.expect(services, instance_id, attached)
        volumes = attached_volumes.get_volumes(services, attached)
    confirming = resize_confirmation.confirm_due(services, [server])
    related = _related_resources(services, [server], ports, floating_ips, volumes, confirming)
    instance = mapping.instance_from_server(server, related, services.app_state.translation)
    state_since.add_remembered(services, server, instance["lifecycle"])
    return instance


def list_instances(
    services: RequestServices, query: Mapping[str, Any]
) -> tuple[list[InstanceView], Pagination]:
    """A page of the project's instances.

    4 upstream calls side by side, whatever the number of instances. For a page that is a small
    part of them, only the resources that it shows are read: see instance_pages.

    One more call for each instance whose finished resize must be confirmed, as [resize]
    configures; none while a confirmation is in progress.

    If the client accepts an age, every page is a part of the whole list, which other requests use.

    :raises InvalidRequest: the availability zone does not exist
    """
    services.app_state.translation.zones.check_filter(query)
    if not recent_lists.is_age_accepted(services):
        page = pages.fetch(services, query, _FILTERS)
        if page is not None:
            found, pagination = page
            return _shown(services, found), pagination
    return recent_lists.page(services, "instances", _all_instances, query, _FILTERS)


def _all_instances(services: RequestServices) -> list[InstanceView]:
    return _shown(services, pages.fetch_all(services))


def delete_instance(services: RequestServices, instance_id: str) -> None:
    """Start deleting an instance, in any state. 2 upstream calls.

    Ports that the gateway created for it stay until it is gone: Nova may soft-delete the instance,
    and restoring it needs the ports.
    """
    get_own_server(services, instance_id, compute.STATE)
    made_ports.remember_deletion(services, instance_id)
    services.openstack.compute.delete_server(instance_id)
