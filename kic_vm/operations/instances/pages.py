# SPDX-License-Identifier: Apache-2.0
"""The resources behind a page of instances: the whole project's, or only the page's.

A small page of a long list costs less without the rest of the list. Its offset and the total are
exact in either case:

* Without filters and in the default order, the list has Nova's order. Nova lists the ids of all
  servers cheaply, and can list the servers after a marker.
* When the filters and the order depend on servers alone, all servers are fetched, but only the
  page's ports and volumes.

Filters and orders that depend on ports or volumes need everything. So does a project that is small
or was not read before: then everything is fetched at once, side by side.
"""

import contextlib
import dataclasses
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from kic_vm import exceptions
from kic_vm.adapters.http.interleaved import gather_reads
from kic_vm.cache.stored_lists import Pagination
from kic_vm.mappings import instances as mapping
from kic_vm.operations import listing
from kic_vm.operations.instances import attached_volumes
from kic_vm.operations.request import RequestServices
from kic_vm.resources.block_storage import Volume
from kic_vm.resources.compute import Server
from kic_vm.resources.network import FloatingIPSummary, PortSummary

# A page is small when the project has at least this many times its servers.
_FACTOR: Final = 5
# More ids than this make the URL too long.
_LONGEST_PAGE: Final = 100
_REMEMBERED_SECONDS: Final = 3600.0
_NEWEST_FIRST: Final = (["created_at"], ["desc"])


@dataclasses.dataclass(frozen=True, slots=True)
class ServerResources:
    """Servers with their ports, floating IPs and volumes."""

    servers: list[Server]
    ports: list[PortSummary]
    floating_ips: list[FloatingIPSummary]
    volumes: list[Volume]


def fetch_all(services: RequestServices) -> ServerResources:
    """All of the project's. 4 upstream calls side by side."""
    openstack = services.openstack
    servers, ports, floating_ips, volumes = gather_reads(
        openstack.compute.list_servers,
        openstack.network.list_ports,
        openstack.network.list_floating_ips,
        partial(attached_volumes.list_all, services),
    )
    _remember(services, len(servers))
    return ServerResources(servers, ports, floating_ips, volumes)


def fetch(
    services: RequestServices, query: Mapping[str, Any], filters: Mapping[str, listing.Match]
) -> tuple[ServerResources, Pagination] | None:
    """A page's resources and its ``pagination``; None where ``fetch_all`` costs less.

    2 or 3 upstream calls side by side, then 2; one more when a volume was not created with its
    instance.
    """
    limit = query["limit"]
    if limit > _LONGEST_PAGE or _remembered(services) < _FACTOR * limit:
        return None
    filter_names = query.keys() - listing.PAGING
    used_fields = {*query["sort_keys"], *(filters[name].field for name in filter_names)}
    if used_fields & mapping.RELATED_FIELDS:
        return None
    openstack = services.openstack
    if not filter_names and (query["sort_keys"], query["sort_dirs"]) == _NEWEST_FIRST:
        read_page: Callable[[], tuple[list[Server], Pagination]] = partial(
            _newest_page, services, query
        )
    else:
        read_page = partial(_filtered_page, services, query, filters)
    (servers, pagination), floating_ips = gather_reads(
        read_page, openstack.network.list_floating_ips
    )
    _remember(services, pagination["total"] if not filter_names else _remembered(services))
    if not servers:
        return ServerResources([], [], [], []), pagination
    ports, volumes = gather_reads(
        partial(openstack.network.list_ports, [server["id"] for server in servers]),
        partial(attached_volumes.find_volumes, services, servers),
    )
    return ServerResources(servers, ports, floating_ips, volumes), pagination


def _newest_page(
    services: RequestServices, query: Mapping[str, Any]
) -> tuple[list[Server], Pagination]:
    """The servers of a page in Nova's own order, newest first.

    The list of ids is always complete. When the page does not match it, because a server was
    created or deleted meanwhile or a cell did not respond, the page is cut from the whole list.
    """
    compute = services.openstack.compute
    limit, offset = query["limit"], query["offset"]
    if offset == 0:
        ids, servers = gather_reads(
            compute.list_server_ids, partial(compute.list_page_of_servers, limit, None)
        )
    else:
        ids = compute.list_server_ids()
        servers = []
        if offset < len(ids):
            with contextlib.suppress(exceptions.InvalidRequest):  # the marker was deleted
                servers = compute.list_page_of_servers(limit, ids[offset - 1])
    total = len(ids)
    if [server["id"] for server in servers] != ids[offset : offset + limit]:
        all_servers = compute.list_servers()
        servers, total = all_servers[offset : offset + limit], len(all_servers)
    return servers, {"total": total, "offset": offset, "limit": limit}


def _filtered_page(
    services: RequestServices, query: Mapping[str, Any], filters: Mapping[str, listing.Match]
) -> tuple[list[Server], Pagination]:
    """The servers of a page whose filters and order depend on servers alone."""
    servers = services.openstack.compute.list_servers()
    no_resources = mapping.RelatedResources(
        ports={}, public_ips={}, volumes={}, group_names={}, flavor_ids={}
    )
    translation = services.app_state.translation
    instances = [
        mapping.instance_from_server(server, no_resources, translation) for server in servers
    ]
    page, pagination = listing.select(instances, query, filters)
    by_id = {server["id"]: server for server in servers}
    return [by_id[instance["id"]] for instance in page], pagination


def _remembered(services: RequestServices) -> int:
    """The number of servers that the project had at the last read; 0 when not known."""
    return int(services.app_state.read_hints.get(_key(services)) or 0)


def _remember(services: RequestServices, count: int) -> None:
    services.app_state.read_hints.set(_key(services), str(count).encode(), _REMEMBERED_SECONDS)


def _key(services: RequestServices) -> str:
    return f"servers-of:{services.project_id}"
