"""What a page of instances is made of: all that the project has, or only what the page shows.

A page that is a small part of a long list is cheaper without the rest. Its place in the list and
the list's length are exact all the same:

* Without filters and in the usual order the list is Nova's own. Nova tells the ids of all servers
  cheaply, and the servers after one of them.
* With filters and an order that servers alone decide, all servers are fetched, and ports and
  volumes for the page only.

What only ports or volumes decide needs everything. So does a project of which nothing is known
yet, or which is small: then all is fetched at once and nothing has to wait for anything.
"""

import contextlib
import dataclasses
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from kic_vm import exceptions
from kic_vm.adapters.interleaved import gather_reads
from kic_vm.mappings import instances as mapping
from kic_vm.operations import listing
from kic_vm.operations.instances import attached_volumes
from kic_vm.operations.request import RequestServices

JSON = dict[str, Any]

# A page is small when the project has more servers than it shows, by this factor.
_FACTOR: Final = 5
# More ids than that make an address too long.
_LONGEST_PAGE: Final = 100
_REMEMBERED_SECONDS: Final = 3600.0
# What ports and volumes decide.
_JOINED: Final = {
    "image_name",
    "os_type",
    "private_ip",
    "public_ip",
    "availability_zone",
    "security_group_count",
}
_NEWEST_FIRST: Final = (["created_at"], ["desc"])


@dataclasses.dataclass(frozen=True, slots=True)
class Found:
    """Servers, and what is around them."""

    servers: list[JSON]
    ports: list[JSON]
    floating_ips: list[JSON]
    volumes: list[JSON]


def fetch_all(services: RequestServices) -> Found:
    """All that the project has. 4 upstream calls side by side."""
    openstack = services.openstack
    servers, ports, floating_ips, volumes = gather_reads(
        openstack.compute.list_servers,
        openstack.network.list_ports,
        openstack.network.list_floating_ips,
        partial(attached_volumes.list_all, services),
    )
    _remember(services, len(servers))
    return Found(servers, ports, floating_ips, volumes)


def fetch(
    services: RequestServices, query: Mapping[str, Any], filters: Mapping[str, listing.Match]
) -> tuple[Found, JSON] | None:
    """What a page shows, and its ``pagination``; None where it is better to fetch all.

    2 or 3 upstream calls side by side, then 2; one more for volumes that are not as old as their
    instance.
    """
    limit = query["limit"]
    if limit > _LONGEST_PAGE or _remembered(services) < _FACTOR * limit:
        return None
    asked = query.keys() - listing.PAGING
    if _JOINED & {*asked, *query["sort_keys"]}:
        return None
    openstack = services.openstack
    if not asked and (query["sort_keys"], query["sort_dirs"]) == _NEWEST_FIRST:
        choose: Callable[[], tuple[list[JSON], JSON]] = partial(_newest, services, query)
    else:
        choose = partial(_chosen, services, query, filters)
    (servers, pagination), floating_ips = gather_reads(choose, openstack.network.list_floating_ips)
    _remember(services, pagination["total"] if not asked else _remembered(services))
    if not servers:
        return Found([], [], [], []), pagination
    ports, volumes = gather_reads(
        partial(openstack.network.list_ports, [server["id"] for server in servers]),
        partial(attached_volumes.find_volumes, services, servers),
    )
    return Found(servers, ports, floating_ips, volumes), pagination


def _newest(services: RequestServices, query: Mapping[str, Any]) -> tuple[list[JSON], JSON]:
    """The servers of a page in Nova's own order, newest first.

    The ids are known to be all. So a page that does not begin and end with them, as a server came
    or went meanwhile or a part of Nova did not answer, is cut from the whole list.
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
            with contextlib.suppress(exceptions.InvalidRequest):  # that server is gone since
                servers = compute.list_page_of_servers(limit, ids[offset - 1])
    total = len(ids)
    if [server["id"] for server in servers] != ids[offset : offset + limit]:
        everything = compute.list_servers()
        servers, total = everything[offset : offset + limit], len(everything)
    return servers, {"total": total, "offset": offset, "limit": limit}


def _chosen(
    services: RequestServices, query: Mapping[str, Any], filters: Mapping[str, listing.Match]
) -> tuple[list[JSON], JSON]:
    """The servers of a page that servers alone decide."""
    servers = services.openstack.compute.list_servers()
    bare = mapping.RelatedResources(
        ports={}, public_ips={}, volumes={}, group_names={}, flavor_ids={}
    )
    translation = services.app_state.translation
    shown = [mapping.instance_from_server(server, bare, translation) for server in servers]
    page, pagination = listing.select(shown, query, filters)
    by_id = {server["id"]: server for server in servers}
    return [by_id[instance["id"]] for instance in page], pagination


def _remembered(services: RequestServices) -> int:
    """How many servers the project had the last time."""
    return int(services.app_state.read_hints.get(_key(services)) or 0)


def _remember(services: RequestServices, count: int) -> None:
    services.app_state.read_hints.set(_key(services), str(count).encode(), _REMEMBERED_SECONDS)


def _key(services: RequestServices) -> str:
    return f"servers-of:{services.project_id}"
