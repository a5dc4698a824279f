# SPDX-License-Identifier: Apache-2.0
"""Lists for an operation: fetched for the request, or recent lists if the client accepts an age."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from requests import Response

from kic_vm import exceptions
from kic_vm.adapters.http.interleaved import SERVICE_ORDER, gather_reads
from kic_vm.cache.fetched import Fetched
from kic_vm.cache.stored_lists import Key, Pagination
from kic_vm.metrics import gateway as metrics
from kic_vm.operations import listing
from kic_vm.operations.listing import Item
from kic_vm.operations.request import RequestServices
from kic_vm.read_log import Read, ReadLog, Reads, digest

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
        partial(_fetch, services, fetch),
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


def _fetch(
    services: RequestServices,
    fetch: Callable[[RequestServices], list[Item]],
    known: Reads | None,
) -> Fetched[Item]:
    """The list, unless it has not changed.

    The conversion of a long list takes more CPU time than all else. So if the process knows the
    list, the GETs behind it are repeated first. If an answer differs, the fetch uses these answers.
    """
    answers = {} if known is None else _repeat(services, known)
    if known is not None and answers:
        digests = {read: digest(answer) for read, answer in answers.items()}
        if digests == known.digests and not _lacks_servers(services, known):
            return Fetched([], known, is_unchanged=True)
    log = services.context.read_log = ReadLog(answers)
    try:
        return Fetched(fetch(services), log.reads())
    finally:
        services.context.read_log = None


def _repeat(services: RequestServices, known: Reads) -> dict[Read, Response]:
    """The answers to all GETs behind a list; none if the item before one of its pages is gone."""
    openstack = services.openstack
    order = {service: position for position, service in enumerate(SERVICE_ORDER)}
    reads = sorted(known.digests, key=lambda read: order.get(read.service, len(order)))
    gets = [
        partial(
            openstack.of(read.service).request, "GET", read.path, microversion=read.microversion
        )
        for read in reads
    ]
    try:
        answers = gather_reads(*gets)
    except (exceptions.NotFound, exceptions.InvalidRequest):
        return {}
    return dict(zip(reads, answers, strict=True))


def _lacks_servers(services: RequestServices, known: Reads) -> bool:
    """Whether the project has a server that an unchanged list lacks."""
    if known.checked_servers is None:
        return False
    compute = services.openstack.compute
    return compute.lacks_servers(known.checked_servers, compute.list_active_server_ids())


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
