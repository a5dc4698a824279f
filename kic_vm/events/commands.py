# SPDX-License-Identifier: Apache-2.0
"""Redis commands whose failures are reported as StoreUnavailable."""

from collections.abc import Callable
from typing import Any

import redis

from kic_vm.cache.sealed import UnreadableError
from kic_vm.cache.store import StoreUnavailable


def run(command: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """The result of a command.

    :raises StoreUnavailable: Redis fails, or has a value that this deployment did not write
    """
    try:
        return command(*args, **kwargs)
    except (redis.RedisError, UnreadableError) as error:
        raise StoreUnavailable(type(error).__name__) from error
