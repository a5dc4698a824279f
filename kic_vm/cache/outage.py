# SPDX-License-Identifier: Apache-2.0
"""A pause after a failure of Redis, so that not every request waits for its timeout."""

import time

import redis
from oslo_log import log as logging

LOG = logging.getLogger(__name__)


class Outage:
    """Whether a process uses Redis now.

    :param retry_after: seconds for which Redis is not used after a failure
    """

    def __init__(self, retry_after: float) -> None:
        self._retry_after = retry_after
        self._unused_until = 0.0

    def is_over(self) -> bool:
        """Whether Redis may be used."""
        return time.monotonic() >= self._unused_until

    def begin(self, error: redis.RedisError) -> None:
        """Stop using Redis for a while."""
        self._unused_until = time.monotonic() + self._retry_after
        LOG.warning("Redis failed (%s); not used for %g s", type(error).__name__, self._retry_after)
