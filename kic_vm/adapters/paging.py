"""Whole lists from services that give them in pages."""

from collections.abc import Callable, Iterator

from kic_vm.adapters.connection import JSON

PAGE = 1000


def follow(get_page: Callable[[str | None], JSON], key: str) -> list[JSON]:
    """All items of a list that continues after a marker, one call a page.

    The next page is asked for when the answer announces one: Nova and Cinder by ``<key>_links``,
    Glance by ``next``.

    :param get_page: the answer that begins after the item of this id, or with the first
    :param key: name of the list in the answer
    """
    return list(_items(get_page, key))


def _items(get_page: Callable[[str | None], JSON], key: str) -> Iterator[JSON]:
    marker: str | None = None
    while True:
        body = get_page(marker)
        page: list[JSON] = body[key]
        yield from page
        is_continued = bool(body.get("next")) or any(
            link.get("rel") == "next" for link in body.get(f"{key}_links", [])
        )
        if not is_continued or not page:
            return
        last = page[-1]
        marker = str(last["id"] if "id" in last else last["keypair"]["name"])
