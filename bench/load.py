# SPDX-License-Identifier: Apache-2.0
"""Many clients at once: requests on kept connections, as fast as they are answered, or paced."""

import asyncio
import statistics
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

JSON = dict[str, Any]


class _Client:
    def __init__(
        self, url: str, path: str, token: str, headers: Mapping[str, str], pause: float
    ) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname, parts.port
        self._pause = pause
        sent = {"Host": parts.netloc, "X-Auth-Token": token, **headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
        self._request = f"GET {path} HTTP/1.1\r\n{lines}\r\n".encode()
        self.seconds: list[float] = []
        self.errors = 0

    async def run(self, end: float, count: int, delay: float) -> None:
        """Ask until the end, or so many times; the first time after a delay."""
        await asyncio.sleep(delay)
        reader, writer = await asyncio.open_connection(self._host, self._port)
        try:
            while time.perf_counter() < end and len(self.seconds) + self.errors < count:
                begin = time.perf_counter()
                writer.write(self._request)
                if await _is_ok(reader):
                    self.seconds.append(time.perf_counter() - begin)
                else:
                    self.errors += 1
                await asyncio.sleep(max(0.0, begin + self._pause - time.perf_counter()))
        except (OSError, asyncio.IncompleteReadError):
            self.errors += 1
        finally:
            writer.close()


async def _is_ok(reader: asyncio.StreamReader) -> bool:
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode("latin-1").lower().split("\r\n")
    lengths = (int(line[16:]) for line in lines if line.startswith("content-length: "))
    await reader.readexactly(next(lengths, 0))
    return lines[0].split(" ")[1] in {"200", "304"}


def run(
    url: str,
    path: str | Sequence[str],
    token: str | Sequence[str],
    clients: int,
    seconds: float,
    count: int = 10**9,
    *,
    headers: Mapping[str, str] | None = None,
    pause: float = 0,
) -> JSON:
    """Requests a second, and how long the slowest of a hundred took.

    :param path: what all clients ask for, or several paths, which the clients of a token take in
        turn
    :param token: the token of all clients, or several tokens, which they take in turn
    :param count: at most so many requests of each client
    :param headers: more headers of each request
    :param pause: seconds from one request of a client to its next
    """
    paths = [path] if isinstance(path, str) else path
    tokens = [token] if isinstance(token, str) else token
    made = [
        _Client(
            url,
            paths[number // len(tokens) % len(paths)],
            tokens[number % len(tokens)],
            headers or {},
            pause,
        )
        for number in range(clients)
    ]

    async def work() -> None:
        end = time.perf_counter() + seconds
        delays = [pause * number / clients for number in range(clients)]
        await asyncio.gather(
            *(client.run(end, count, delay) for client, delay in zip(made, delays, strict=True))
        )

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
