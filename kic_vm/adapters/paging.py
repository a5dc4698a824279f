# SPDX-License-Identifier: Apache-2.0
"""Complete lists from services that return pages."""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from kic_vm import exceptions
from kic_vm.adapters import errors
from kic_vm.adapters.service import Answer

PAGE = 1000
_ATTEMPTS = 3

# The type of the list's items.
Item = TypeVar("Item", bound=Mapping[str, object])


def id_of(item: Mapping[str, object]) -> str:
    """The marker of an item in most services: its id."""
    return str(item["id"])


def follow(
    get_page: Callable[[str | None], Answer],
    key: str,
    *,
    links: str | None = None,
    marker_of: Callable[[Item], str] = id_of,
) -> list[Item]:
    """All items of a list with markers; one call for each page.

    The service decides the page size. The next page is read if the answer announces one: Nova,
    Cinder and Neutron with links, Glance with ``next``. If the marker's item was deleted meanwhile,
    the service refuses to continue, and the list is read from the beginning.

    :param get_page: returns the page after a marker, or the first page
    :param key: the name of the list in the answer
    :param links: the name of the links in the answer; by default ``<key>_links``
    :param marker_of: returns the marker of an item
    :raises UpstreamError: the list does not end, or its items keep being deleted
    """
    for _attempt in range(_ATTEMPTS):
        try:
            return list(_items(get_page, key, links or f"{key}_links", marker_of))
        except _MarkerGoneError as error:
            gone = error
    raise errors.not_understood(gone.service)


class _MarkerGoneError(Exception):
    """The service does not find the item after which the next page begins."""

    def __init__(self, service: str) -> None:
        super().__init__(service)
        self.service = service


def _items(
    get_page: Callable[[str | None], Answer],
    key: str,
    links: str,
    marker_of: Callable[[Item], str],
) -> Iterator[Item]:
    body = get_page(None)
    markers = set()
    while True:
        page: list[Item] = body[key]
        if not isinstance(page, list) or not all(isinstance(item, dict) for item in page):
            raise errors.not_understood(body.service)
        yield from page
        is_continued = bool(body.get("next")) or any(
            link.get("rel") == "next" for link in body.get(links, [])
        )
        if not is_continued or not page:
            return
        marker = marker_of(page[-1])
        if marker in markers:
            raise errors.not_understood(body.service)
        markers.add(marker)
        try:
            body = get_page(marker)
        except (exceptions.NotFound, exceptions.InvalidRequest) as error:
            raise _MarkerGoneError(body.service) from error
