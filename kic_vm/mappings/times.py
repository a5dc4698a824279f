# SPDX-License-Identifier: Apache-2.0
"""Timestamps in the clients' format: RFC 3339 with an offset."""

from typing import overload


# A text stands for a time that always exists: then it is not empty.
@overload
def utc(stamp: str) -> str: ...


@overload
def utc(stamp: None) -> None: ...


def utc(stamp: str | None) -> str | None:
    """An OpenStack timestamp (always UTC), with the offset that Cinder omits.

    None and "" become None.
    """
    if not stamp:
        return None
    has_offset = stamp.endswith("Z") or "+" in stamp[10:] or "-" in stamp[10:]
    return stamp if has_offset else f"{stamp}Z"
