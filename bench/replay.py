# SPDX-License-Identifier: Apache-2.0
"""A fast server that answers as OpenStack has answered: ``python -m bench.replay``.

It keeps each answer as bytes and sends it after the latency that is wished, so that what a client
in front of it costs is the client's own.
"""

import argparse
import asyncio
import json
from collections import Counter
from typing import Final

from bench.services import Services
from bench.tenants import TOKEN, number_of

STATISTICS: Final = "/statistics"
_STATUS: Final = {200: b"OK", 201: b"Created", 202: b"Accepted", 300: b"Multiple Choices"}


class Connection(asyncio.Protocol):
    """One keep-alive connection of a client that sends one request at a time."""

    def __init__(self, services: Services, latency: float, requests: Counter[str]) -> None:
        self._services = services
        self._latency = latency
        self._requests = requests
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer what has come as a whole."""
        self._received += data
        head, separator, rest = self._received.partition(b"\r\n\r\n")
        if not separator:
            return
        line, *lines = head.decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        if len(rest) < int(headers.get("content-length", 0)):
            return
        self._received = b""
        method, target, _version = line.split(" ")
        answer = self._answer(method, target, headers)
        if self._latency:
            asyncio.get_running_loop().call_later(self._latency, self._send, answer)
        else:
            self._send(answer)

    def _send(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)  # type: ignore[attr-defined]

    def _answer(self, method: str, target: str, headers: dict[str, str]) -> bytes:
        more = b""
        path = target.partition("?")[0]
        if path == STATISTICS:
            return _response(200, self._statistics())
        self._requests[path.split("/")[1]] += 1
        if path == "/identity/v3/auth/tokens":
            subject = headers.get("x-subject-token", TOKEN)
            status = 201 if method == "POST" else 200
            body = self._services.token(number_of(subject))
            more = f"X-Subject-Token: {subject}\r\n".encode()
        elif method == "GET":
            version = headers.get("openstack-api-version", "").rpartition(" ")[2]
            project = number_of(headers.get("x-auth-token", TOKEN))
            status, body = self._services.get(target, version, project)
        else:
            self._services.unknown_paths.add(f"{method} {path}")
            status, body = 404, json.dumps({}).encode()
        return _response(status, body, more)

    def _statistics(self) -> bytes:
        """The number of requests to each service, and what no service here has."""
        unknown = sorted(self._services.unknown_paths)
        return json.dumps({"requests": self._requests, "unknown_paths": unknown}).encode()


def _response(status: int, body: bytes, more: bytes = b"") -> bytes:
    phrase = _STATUS.get(status, b"Not Found")
    return (
        b"HTTP/1.1 %d %s\r\nContent-Type: application/json\r\n" % (status, phrase)
        + more
        + b"Content-Length: %d\r\n\r\n" % len(body)
        + body
    )


async def serve(port: int, count: int, latency: float) -> None:
    """Serve projects with ``count`` machines each on loopback until cancelled."""
    services = Services(count, f"http://127.0.0.1:{port}")
    loop = asyncio.get_running_loop()
    requests: Counter[str] = Counter()
    server = await loop.create_server(
        lambda: Connection(services, latency, requests), "127.0.0.1", port
    )
    async with server:
        await server.serve_forever()


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="bench.replay", description=__doc__)
    parser.add_argument("--port", type=int, default=8790)
    parser.add_argument("--servers", type=int, default=1000)
    parser.add_argument("--latency", type=float, default=0.02, metavar="SECONDS")
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.port, arguments.servers, arguments.latency))


if __name__ == "__main__":
    main()
