# SPDX-License-Identifier: Apache-2.0
"""A proxy to the services of an OpenStack, with faults by rules.

It has a port for each service. In the answers, the services' addresses are replaced by its own, so
whoever logs in by it reaches every service of the catalog through it. The cloud is not changed.
"""

import asyncio
import collections
import contextlib
import dataclasses
import time
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from tests.faults import kinds, messages
from tests.faults.listener import Listener
from tests.faults.loop import LoopThread, reset_connection
from tests.faults.messages import Answer, Request
from tests.faults.rules import Rule, Rules

_SERVICE_SECONDS: Final = 120  # for one answer of a service
_KEPT_ANSWERS: Final = 1_000
_POLL_SECONDS: Final = 0.5


class Proxy:
    """The services with faults.

    :param services: type in the catalog -> address, such as ``http://127.0.0.1:8774``
    """

    def __init__(self, loop: LoopThread, services: Mapping[str, str]) -> None:
        self._loop = loop
        self.rules = Rules()
        self._ports = {
            service: _Port(service, address, self) for service, address in services.items()
        }
        for port in self._ports.values():
            loop.run(port.listener.open())

    def address(self, service: str) -> str:
        """The address at which the proxy stands for a service."""
        return f"http://{self._ports[service].listener.netloc}"

    def through(self, url: str) -> str:
        """The same URL by way of the proxy."""
        return self.rewritten(url.encode()).decode()

    def rewritten(self, data: bytes) -> bytes:
        """The same bytes with the proxy's addresses in place of the services'."""
        for service, port in self._ports.items():
            data = data.replace(port.origin.encode(), self.address(service).encode())
        return data

    @contextlib.contextmanager
    def fault(self, rule: Rule) -> Iterator[Rule]:
        """Apply a rule during the block."""
        refusing = [
            port.listener
            for service, port in self._ports.items()
            if rule.kind == kinds.REFUSE and (rule.services is None or service in rule.services)
        ]
        if not refusing:
            self.rules.add(rule)
        for listener in refusing:
            self._loop.run(listener.close())
        try:
            yield rule
        finally:
            for listener in refusing:
                self._loop.run(listener.open())
            if not refusing:
                self.rules.remove(rule)

    def wait_until_idle(self, seconds: float) -> bool:
        """Whether all requests were done with in the time: none is on its way to a service."""
        end = time.monotonic() + seconds
        while any(port.pending for port in self._ports.values()):
            if time.monotonic() > end:
                return False
            time.sleep(0.05)
        return True

    def close(self) -> None:
        """Accept no more connections."""
        for port in self._ports.values():
            self._loop.run(port.listener.close())


class _Port:
    """One service behind the proxy."""

    def __init__(self, service: str, address: str, proxy: Proxy) -> None:
        self.service = service
        parts = urlsplit(address)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self.host, self.port = str(parts.hostname), parts.port or 80
        self.proxy = proxy
        self.listener = Listener(self._serve)
        self.answers: collections.OrderedDict[tuple[str, str], Answer] = collections.OrderedDict()
        self.pending = 0

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not writer.transport.is_closing():
            request = await messages.read_request(reader)
            if request is None:
                return
            rule = self.proxy.rules.first_for(self.service, request.method, request.target)
            exchange = _Exchange(self, request, rule, reader, writer)
            self.pending += 1
            try:
                if rule is None:
                    await exchange.send(await exchange.forward())
                else:
                    await kinds.KINDS[rule.kind](exchange, rule.parameters)
            finally:
                self.pending -= 1

    def remember(self, request: Request, answer: Answer) -> None:
        """Keep the first answer to a request, which a fault may give again."""
        copy = dataclasses.replace(answer)  # a fault may change the answer itself
        self.answers.setdefault((request.method, request.target), copy)
        if len(self.answers) > _KEPT_ANSWERS:
            self.answers.popitem(last=False)


class _Exchange(kinds.Exchange):
    def __init__(
        self,
        port: _Port,
        request: Request,
        rule: Rule | None,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._port = port
        self._request = request
        self._rule = rule
        self._reader = reader
        self._writer = writer

    @property
    def earlier_answer(self) -> Answer | None:
        return self._port.answers.get((self._request.method, self._request.target))

    async def forward(self) -> Answer:
        try:
            async with asyncio.timeout(_SERVICE_SECONDS):
                answer = await self._ask_service()
        except (OSError, TimeoutError, messages.MalformedMessage):
            answer = messages.json_answer(502, {"error": "the proxy got no answer"})
        answer.headers = [(name, self._port.proxy.through(value)) for name, value in answer.headers]
        if answer.header("Connection"):
            answer.replace_header("Connection", "keep-alive")
        answer.body = self._port.proxy.rewritten(answer.body)
        self._port.remember(self._request, answer)
        if self._rule is not None:
            self._rule.was_done.set()
        return answer

    async def _ask_service(self) -> Answer:
        reader, writer = await asyncio.open_connection(
            self._port.host, self._port.port, limit=messages.LIMIT
        )
        try:
            request = Request(self._request.start_line, self._request.headers, self._request.body)
            request.replace_header("Host", f"{self._port.host}:{self._port.port}")
            request.replace_header("Connection", "close")
            request.replace_header("Accept-Encoding", "identity")
            writer.write(request.encode())
            await writer.drain()
            return await messages.read_answer(reader, self._request.method)
        finally:
            writer.close()

    async def send(self, answer: Answer) -> None:
        data = answer.encode()
        if self._request.method == "HEAD" or answer.status == 204:
            data = data.replace(b"\r\nContent-Length: 0\r\n", b"\r\n", 1)
        await self.send_bytes(data)

    async def send_bytes(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def wait_for_client(self, seconds: float) -> None:
        end = asyncio.get_running_loop().time() + seconds
        while self._rule is None or self._rule.is_active:
            remaining = end - asyncio.get_running_loop().time()
            if remaining <= 0 or self._reader.at_eof() or self._writer.transport.is_closing():
                return
            await asyncio.sleep(min(remaining, _POLL_SECONDS))

    def close(self) -> None:
        self._writer.close()

    def reset(self) -> None:
        reset_connection(self._writer)
