# SPDX-License-Identifier: Apache-2.0
"""The result of fetching a list."""

import dataclasses
import enum
from collections.abc import Callable
from typing import Generic

from kic_vm.cache.stored_lists import Item
from kic_vm.read_log import Reads


class Source(enum.StrEnum):
    """The way in which a request got its list."""

    KNOWN = "hit"
    FETCHED = "miss"
    UNCHANGED = "unchanged"
    OTHERS = "wait"


@dataclasses.dataclass(frozen=True, slots=True)
class Fetched(Generic[Item]):
    """The result of a fetch."""

    items: list[Item]
    """The complete list; empty if it is unchanged."""
    reads: Reads | None
    """The GETs that the next fetch may repeat to find out whether the list has changed."""
    is_unchanged: bool = False
    """The repeated GETs have shown that the list has not changed."""


# Fetches a list. It may repeat the GETs of an earlier fetch first.
Fetch = Callable[[Reads | None], Fetched[Item]]
