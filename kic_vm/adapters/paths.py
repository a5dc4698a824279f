# SPDX-License-Identifier: Apache-2.0
"""Request paths, in which every part is quoted."""

import functools
import urllib.parse


def path(*parts: str, **query: str | int | list[str] | None) -> str:
    """A request path in which every part and query value is quoted.

    Query parameters that are None are omitted; a list repeats its parameter.
    """
    base = "".join(["/" + _quoted(part) for part in parts])
    given = [
        f"{_quoted(name)}={_quoted(str(one))}"
        for name, value in query.items()
        if value is not None
        for one in (value if isinstance(value, list) else [value])
    ]
    return f"{base}?{'&'.join(given)}" if given else base


@functools.lru_cache(4096)  # calls repeat the same field names
def _quoted(text: str) -> str:
    return urllib.parse.quote(text, safe="")
