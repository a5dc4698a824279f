"""Redis on a dictionary."""

from typing import Any

import redis


class FakeRedis(redis.Redis):
    """Redis's own client on a dictionary: what it is asked, and whether it is there at all."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, bytes] = {}
        self.lives: dict[str, int] = {}
        self.is_down = False
        self.asked = 0

    def execute_command(self, *args: Any, **options: Any) -> Any:
        self.asked += 1
        if self.is_down:
            raise redis.ConnectionError("refused")
        match args:
            case ("GET", key):
                return self.values.get(key)
            case ("SET", key, value, "PX", life):
                self.values[key], self.lives[key] = value, life
                return True
            case ("SET", key, value, "NX", "PX", life):
                if key in self.values:
                    return None
                self.values[key], self.lives[key] = value, life
                return True
            case ("DEL", key):
                return int(self.values.pop(key, None) is not None)
            case ("PING",):
                return True
        raise AssertionError(args)
