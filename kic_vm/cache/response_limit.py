# SPDX-License-Identifier: Apache-2.0
"""A time limit for complete responses of Redis.

The timeout of redis-py begins again with each part of a response. A Redis that sends its responses
byte by byte could therefore hold a thread for minutes. Here, a background thread disconnects the
connections whose response is late. It runs only while the process uses Redis.
"""

import contextlib
import threading
import time
from typing import Any, Final

import redis

_CHECKS_PER_LIMIT: Final = 4
# The thread ends after this many checks without a response to wait for.
_IDLE_CHECKS: Final = 40


class ResponseLimit:
    """Disconnects connections whose response is not complete in time.

    :param seconds: the time for one response; a response may take a quarter longer
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._expected: dict[Any, float] = {}
        self._late: set[Any] = set()
        self._thread: threading.Thread | None = None

    def apply(self, pool: Any) -> None:
        """Limit the responses on all connections that a pool of redis-py will make."""
        limit = self

        class LimitedConnection(pool.connection_class):
            """A connection with a time limit for each complete response."""

            def read_response(self, *args: Any, **kwargs: Any) -> Any:
                """See redis.Connection.

                :raises redis.TimeoutError: the response was not complete in time
                """
                limit.expect(self)
                try:
                    return super().read_response(*args, **kwargs)
                except Exception as error:
                    if limit.is_late(self):
                        raise redis.TimeoutError("The response was not complete in time") from error
                    raise
                finally:
                    limit.finish(self)

        pool.connection_class = LimitedConnection

    def expect(self, connection: Any) -> None:
        """A response on this connection begins."""
        with self._lock:
            self._expected[connection] = time.monotonic() + self._seconds
            # After a fork, the thread is not alive.
            if self._thread is None or not self._thread.is_alive():
                self._start()

    def is_late(self, connection: Any) -> bool:
        """Whether the connection was disconnected because of its response."""
        with self._lock:
            return connection in self._late

    def finish(self, connection: Any) -> None:
        """The response on this connection is complete, or failed."""
        with self._lock:
            self._expected.pop(connection, None)
            self._late.discard(connection)

    def _start(self) -> None:
        self._thread = threading.Thread(target=self._check, name="redis-responses", daemon=True)
        # Without a further thread, only the timeout of redis-py applies.
        with contextlib.suppress(RuntimeError):
            self._thread.start()

    def _check(self) -> None:
        idle = 0
        while idle < _IDLE_CHECKS:
            time.sleep(self._seconds / _CHECKS_PER_LIMIT)
            with self._lock:
                idle = 0 if self._expected else idle + 1
                now = time.monotonic()
                for connection in [one for one, end in self._expected.items() if end < now]:
                    del self._expected[connection]
                    self._late.add(connection)
                    # With the lock: later, it could belong to another command.
                    connection.disconnect()
                if idle == _IDLE_CHECKS:
                    self._thread = None
