# SPDX-License-Identifier: Apache-2.0
"""Lists for an operation: fetched for the request, or recent lists if the client accepts an age."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from kic_vm.cache.stored_lists import Key, Pagination
from kic_vm.metrics import gateway as metrics
from kic_vm.operations import listing
from kic_vm.operations.listing import Item
from kic_vm.operations.request import RequestServices

SERVICES: Final = {
    "instances": "compute",
    "flavors": "compute",
    "volumes": "block-storage",
    "snapshots": "block-storage",
    "images": "image",
    "security-groups": "network",
    "public-ips": "network",
    "network-interfaces": "network",
    "vpcs": "network",
    "subnets": "network",
    "route-tables": "network",
}
"""Resource -> main service of its list."""


def page(
    services: RequestServices,
    resource: str,
    fetch: Callable[[RequestServices], list[Item]],
    query: Mapping[str, Any],
    filters: Mapping[str, listing.Match],
) -> tuple[list[Item], Pagination]:
    """A page of the list of a resource, and its ``pagination``; see ``listing.select``.

    :param resource: the name of the resource in the API
    :param fetch: fetches the list; its result depends only on the project and the caller's roles
    """
    if not is_age_accepted(services):
        return listing.select(fetch(services), query, filters)
    context, recent_lists = services.context, services.app_state.recent_lists
    key = _key(services, resource)
    recent_list, age, source = recent_lists.read(
        key,
        context.max_age,
        lambda: fetch(services),
        is_only_process=_is_only_process(services),
    )
    metrics.count_recent_list(resource, source)
    shown = recent_lists.page(
        key,
        recent_list,
        context.query_string,
        lambda items: listing.select(items, query, filters),
    )
    context.age, context.page = age, shown
    return shown.items, shown.pagination


def find(services: RequestServices, resource: str, resource_id: str) -> Any:
    """One item of a recent list of this process, if the client accepts the age of the list."""
    if not is_age_accepted(services):
        return None
    known_list = services.app_state.recent_lists.find(
        _key(services, resource),
        services.context.max_age,
        is_only_process=_is_only_process(services),
    )
    if known_list is None:
        return None
    recent_list, age = known_list
    item = next((item for item in recent_list.items if item["id"] == resource_id), None)
    if item is not None:
        metrics.count_recent_list(resource, "hit")
        services.context.age = age
    return item


def is_age_accepted(services: RequestServices) -> bool:
    """Whether the client accepts a response of some age.

    A token with access rules never gets a list that was fetched with another token.
    """
    context = services.context
    is_on = services.app_state.conf.api.max_age > 0
    return is_on and context.max_age > 0 and not context.is_restricted


def _key(services: RequestServices, resource: str) -> Key:
    return Key.of(services.project_id, services.context.roles, resource)


def _is_only_process(services: RequestServices) -> bool:
    return services.app_state.conf.api.workers == 1 and not services.context.is_multiprocess
