"""How many connections of clients the limit on open files allows."""

import logging
import resource
from typing import Final

LOG = logging.getLogger(__name__)

# For logs, listening sockets, Redis and the calls to OpenStack.
_RESERVED: Final = 256


def connections(maximum: int) -> int:
    """``maximum``, or as many as this process may have open beside its other files."""
    limit, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        return maximum
    possible = max(1, limit - _RESERVED)
    if possible < maximum:
        LOG.warning(
            "[api] max_connections is %d, but the limit on open files allows %d only: raise the "
            "limit (LimitNOFILE, ulimit -n) to %d",
            maximum,
            possible,
            maximum + _RESERVED,
        )
    return min(maximum, possible)
