# SPDX-License-Identifier: Apache-2.0
"""How many connections of clients the limit on open files allows."""

import logging
import resource
from typing import Final

LOG = logging.getLogger(__name__)

# For logs, listening sockets, Redis and the calls to OpenStack.
_RESERVED: Final = 256


def connections(maximum: int) -> int:
    """``maximum``, or as many connections as this process may have open beside its other files."""
    limit, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY or limit - _RESERVED >= maximum:
        return maximum
    allowed = max(1, limit - _RESERVED)
    LOG.warning(
        "A process keeps %d connections open instead of the %d of [api] max_connections: the "
        "limit on open files must be %d for that (LimitNOFILE, ulimit -n)",
        allowed,
        maximum,
        maximum + _RESERVED,
    )
    return allowed
