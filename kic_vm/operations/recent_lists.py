"""Complete lists for an operation: fetched for the request, or as old as the client accepts."""

from collections.abc import Callable
from typing import Any

from kic_vm.cache.recent_lists import Key
from kic_vm.metrics import gateway as metrics
from kic_vm.operations.request import RequestServices

JSON = dict[str, Any]


def read(
    services: RequestServices, resource: str, fetch: Callable[[RequestServices], list[JSON]]
) -> list[JSON]:
    """The complete list of a resource; the operation must not change it.

    :param resource: the name of the resource in the API
    :param fetch: fetches the list; its result depends only on the project and the caller's roles
    """
    if not is_age_accepted(services):
        return fetch(services)
    context = services.context
    items, age, source = services.app_state.recent_lists.read(
        _key(services, resource),
        context.max_age,
        lambda: fetch(services),
        is_only_process=_is_only_process(services),
    )
    metrics.count_recent_list(resource, source)
    context.age = max(age, context.age or 0.0)
    return items


def find(services: RequestServices, resource: str, resource_id: str) -> JSON | None:
    """One item of a list that this process already knows, if the client accepts its age."""
    if not is_age_accepted(services):
        return None
    known = services.app_state.recent_lists.find(
        _key(services, resource),
        services.context.max_age,
        is_only_process=_is_only_process(services),
    )
    if known is None:
        return None
    items, age = known
    item = next((item for item in items if item["id"] == resource_id), None)
    if item is not None:
        metrics.count_recent_list(resource, "hit")
        services.context.age = age
    return item


def is_age_accepted(services: RequestServices) -> bool:
    """Whether the client accepts an answer of some age.

    A token with access rules gets no list that was fetched with another token.
    """
    context = services.context
    is_on = services.app_state.conf.api.max_age > 0
    return is_on and context.max_age > 0 and not context.is_restricted


def _key(services: RequestServices, resource: str) -> Key:
    return Key.of(services.project_id, services.context.roles, resource)


def _is_only_process(services: RequestServices) -> bool:
    return services.app_state.conf.api.workers == 1 and not services.context.is_multiprocess
