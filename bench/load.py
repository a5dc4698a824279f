"""Many clients at once: requests on kept connections, as fast as they are answered."""

import asyncio
import statistics
import time
from typing import Any
from urllib.parse import urlsplit

JSON = dict[str, Any]


class _Client:
    def __init__(self, url: str, path: str, token: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname, parts.port
        self._request = (
            f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nX-Auth-Token: {token}\r\n\r\n"
        ).encode()
        self.seconds: list[float] = []
        self.errors = 0

    async def run(self, end: float, count: int) -> None:
        """Ask until the end, or so many times."""
        reader, writer = await asyncio.open_connection(self._host, self._port)
        try:
            while time.perf_counter() < end and len(self.seconds) + self.errors < count:
                begin = time.perf_counter()
                writer.write(self._request)
                if await _is_ok(reader):
                    self.seconds.append(time.perf_counter() - begin)
                else:
                    self.errors += 1
        except (OSError, asyncio.IncompleteReadError):
            self.errors += 1
        finally:
            writer.close()


async def _is_ok(reader: asyncio.StreamReader) -> bool:
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode("latin-1").lower().split("\r\n")
    length = next(int(line[16:]) for line in lines if line.startswith("content-length: "))
    await reader.readexactly(length)
    return lines[0].split(" ")[1] == "200"


def run(url: str, path: str, token: str, clients: int, seconds: float, count: int = 10**9) -> JSON:
    """Requests a second, and how long the slowest of a hundred took.

    :param count: at most so many requests of each client
    """
    made = [_Client(url, path, token) for _number in range(clients)]

    async def work() -> None:
        end = time.perf_counter() + seconds
        await asyncio.gather(*(client.run(end, count) for client in made))

    begin = time.perf_counter()
    asyncio.run(work())
    passed = time.perf_counter() - begin
    taken = sorted(second for client in made for second in client.seconds)
    return {
        "clients": clients,
        "requests": len(taken),
        "errors": sum(client.errors for client in made),
        "per_second": len(taken) / passed,
        "median": statistics.median(taken),
        "p99": taken[int(len(taken) * 0.99)],
    }
