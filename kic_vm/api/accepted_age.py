# SPDX-License-Identifier: Apache-2.0
"""``Cache-Control`` of a request: the age that the client accepts (RFC 9111, 5.2.1)."""

import re
from typing import Final

_TOKEN: Final = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"  # noqa: S105 - the grammar of a directive
# One directive and the comma after it; empty ones do not count. Anything else makes the header
# malformed. The expression is applied from one comma to the next, so that a long header costs no
# more than its length.
_DIRECTIVE: Final = re.compile(
    rf'[ \t]*(?:({_TOKEN})(?:=(?:({_TOKEN})|"((?:[^"\\]|\\.)*)"))?[ \t]*)?(?:,|\Z)'
)
_DIGITS: Final = re.compile(r"[0-9]+")
_MOST: Final = 9  # digits: more than any age


def accepted_age(header: str) -> int:
    """The age in seconds that the client accepts; 0 if the response must be fresh.

    It is 0 without ``max-age``, with ``no-cache`` or ``no-store``, and if the header is malformed.
    ``min-fresh`` reduces the accepted age. Other directives are ignored.
    """
    ages: dict[str, list[int]] = {"max-age": [], "min-fresh": []}
    position = 0
    while position < len(header):
        match = _DIRECTIVE.match(header, position)
        if match is None:
            return 0
        position = match.end()
        name, value = (match[1] or "").lower(), match[2] or match[3] or ""
        if name in {"no-cache", "no-store"}:
            return 0
        if name in ages:
            if not _DIGITS.fullmatch(value):
                return 0
            ages[name].append(int(value) if len(value) <= _MOST else 10**_MOST)
    if not ages["max-age"]:
        return 0
    return max(0, min(ages["max-age"]) - max(ages["min-fresh"], default=0))
