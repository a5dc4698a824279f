# SPDX-License-Identifier: Apache-2.0
"""A Redis server in this process, with a look into it."""

from collections.abc import Callable, Iterator, MutableMapping
from typing import Any

import fakeredis
import redis


class FakeRedis(fakeredis.FakeRedis):
    """Redis's own client on a server of its own: what it holds, and whether it is there at all."""

    def __init__(self) -> None:
        super().__init__(server=fakeredis.FakeServer())
        self.values = _Values(self)
        self.lives: dict[str, int] = {}
        """Key -> milliseconds for which it was last set."""
        self.is_down = False
        self.before: Callable[..., None] | None = None
        """Called with each command before it is performed."""
        self.asked = 0

    def execute_command(self, *args: Any, **options: Any) -> Any:
        self.asked += 1
        if self.before is not None:
            self.before(*args)
        if self.is_down:
            raise redis.ConnectionError("refused")
        done = super().execute_command(*args, **options)
        match args:
            case ("SET", key, _value, "PX", life) | ("SET", key, _value, "NX", "PX", life) if done:
                self.lives[key] = life
        return done

    def lose_one(self, command: str, *, is_performed: bool) -> None:
        """Lose the answer to one command, or the command itself."""

        def lose(*args: Any) -> None:
            if args[0] != command:
                return
            if is_performed:
                self.look(*args)
            self.before = None
            raise redis.TimeoutError

        self.before = lose

    def look(self, *args: Any) -> Any:
        """A command of the test's own, which is not counted and works when Redis is down."""
        return super().execute_command(*args)


class _Values(MutableMapping[str, bytes]):
    """The values of a server by their keys."""

    def __init__(self, server: FakeRedis) -> None:
        self._server = server

    def __getitem__(self, key: str) -> bytes:
        value: bytes | None = self._server.look("GET", key)
        if value is None:
            raise KeyError(key)
        return value

    def __setitem__(self, key: str, value: bytes) -> None:
        self._server.look("SET", key, value, "KEEPTTL")

    def __delitem__(self, key: str) -> None:
        self._server.look("DEL", key)

    def __iter__(self) -> Iterator[str]:
        return iter(key.decode() for key in self._server.look("KEYS", "*"))

    def __len__(self) -> int:
        return int(self._server.look("DBSIZE"))
