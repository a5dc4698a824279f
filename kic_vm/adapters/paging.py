"""Whole lists from services that give them in pages."""

from collections.abc import Callable, Iterator

from kic_vm import exceptions
from kic_vm.adapters import errors
from kic_vm.adapters.connection import JSON, Answer

PAGE = 1000
_ATTEMPTS = 3


def id_of(item: JSON) -> str:
    """What most services call the place of an item in a list."""
    return str(item["id"])


def follow(
    get_page: Callable[[str | None], Answer],
    key: str,
    *,
    links: str | None = None,
    marker_of: Callable[[JSON], str] = id_of,
) -> list[JSON]:
    """All items of a list that continues after a marker, one call a page.

    The service decides how long a page is. The next page is asked for when the answer announces
    one: Nova, Cinder and Neutron by links, Glance by ``next``. A service refuses to continue after
    an item that was deleted meanwhile; then the list is read from its beginning.

    :param get_page: the answer that begins after a marker, or with the first item
    :param key: name of the list in the answer
    :param links: name of the links in the answer; ``<key>_links`` if not given
    :param marker_of: the marker of an item
    :raises UpstreamError: the list has no end, or its items are deleted all the time
    """
    for _attempt in range(_ATTEMPTS):
        try:
            return list(_items(get_page, key, links or f"{key}_links", marker_of))
        except _MarkerGoneError as error:
            gone = error
    raise errors.not_understood(gone.service)


class _MarkerGoneError(Exception):
    """The service does not know the item that the next page begins after."""

    def __init__(self, service: str) -> None:
        super().__init__(service)
        self.service = service


def _items(
    get_page: Callable[[str | None], Answer],
    key: str,
    links: str,
    marker_of: Callable[[JSON], str],
) -> Iterator[JSON]:
    body = get_page(None)
    markers = set()
    while True:
        page: list[JSON] = body[key]
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
