# SPDX-License-Identifier: Apache-2.0
"""The kinds of fault: each is what happens to one request."""

import abc
import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from tests.faults import messages
from tests.faults.messages import Answer

_LONGEST_SECONDS: Final = 600.0
_HTML: Final = b"<html><body><h1>It works!</h1></body></html>"
_CUT_JSON: Final = b'{"servers": [{"id": "'


class Exchange(abc.ABC):
    """A request in the proxy's hands."""

    @abc.abstractmethod
    async def forward(self) -> Answer:
        """Have the service do it; its answer."""

    @abc.abstractmethod
    async def send(self, answer: Answer) -> None:
        """Answer the client."""

    @abc.abstractmethod
    async def send_bytes(self, data: bytes) -> None:
        """Send the client a part of an answer."""

    @abc.abstractmethod
    async def wait_for_client(self, seconds: float) -> None:
        """Return when the client has gone, the rule has been removed, or the time is over."""

    @abc.abstractmethod
    def close(self) -> None:
        """End the connection in order."""

    @abc.abstractmethod
    def reset(self) -> None:
        """End the connection with a TCP reset."""

    @property
    @abc.abstractmethod
    def earlier_answer(self) -> Answer | None:
        """What the service answered to the same request before."""


Parameters = Mapping[str, Any]
Kind = Callable[[Exchange, Parameters], Awaitable[None]]


async def status(exchange: Exchange, given: Parameters) -> None:
    """An error that the service did not cause: ``status``, 503 unless given."""
    code = int(given.get("status", 503))
    body = {"error": {"code": code, "message": "made by a fault", "title": "made by a fault"}}
    await exchange.send(messages.json_answer(code, body))


async def hang(exchange: Exchange, given: Parameters) -> None:
    """Not done, and no answer."""
    await exchange.wait_for_client(float(given.get("seconds", _LONGEST_SECONDS)))
    exchange.close()


async def reset(exchange: Exchange, given: Parameters) -> None:
    """Not done, and the connection is reset."""
    exchange.reset()


async def html(exchange: Exchange, given: Parameters) -> None:
    """Not done; 200 with a page, as a proxy in between answers."""
    await exchange.send(messages.answer(200, _HTML, "text/html"))


async def empty(exchange: Exchange, given: Parameters) -> None:
    """Not done; 200 with no body."""
    await exchange.send(messages.answer(200))


async def garbage(exchange: Exchange, given: Parameters) -> None:
    """Not done; 200 with half a JSON object."""
    await exchange.send(messages.answer(200, _CUT_JSON))


async def stale(exchange: Exchange, given: Parameters) -> None:
    """Not done; the answer to an earlier request of this kind, where there was one."""
    await exchange.send(exchange.earlier_answer or await exchange.forward())


async def latency(exchange: Exchange, given: Parameters) -> None:
    """Done after ``seconds``, even if the client has gone meanwhile."""
    await asyncio.sleep(float(given.get("seconds", 3)))
    await exchange.send(await exchange.forward())


async def late(exchange: Exchange, given: Parameters) -> None:
    """Done at once, answered after ``seconds``."""
    answer = await exchange.forward()
    await exchange.wait_for_client(float(given.get("seconds", 3)))
    await exchange.send(answer)


async def lie(exchange: Exchange, given: Parameters) -> None:
    """Done, and answered with an error."""
    await exchange.forward()
    await status(exchange, given)


async def lost(exchange: Exchange, given: Parameters) -> None:
    """Done, and the connection ends without an answer."""
    await exchange.forward()
    exchange.close()


async def reset_mid(exchange: Exchange, given: Parameters) -> None:
    """Done, and the connection is reset in the middle of the answer."""
    data = (await exchange.forward()).encode()
    await exchange.send_bytes(data[: len(data) // 2])
    exchange.reset()


async def truncate(exchange: Exchange, given: Parameters) -> None:
    """Done; the body ends early, under the Content-Length of the whole."""
    answer = await exchange.forward()
    length = len(answer.body)
    answer.body = answer.body[: length // 2]
    await exchange.send_bytes(answer.encode(content_length=max(length, 1)))
    exchange.close()


async def drip(exchange: Exchange, given: Parameters) -> None:
    """Done; the answer comes byte by byte, one each ``seconds``."""
    data = (await exchange.forward()).encode()
    for position in range(len(data)):
        await exchange.send_bytes(data[position : position + 1])
        await exchange.wait_for_client(float(given.get("seconds", 0.5)))


async def content_type(exchange: Exchange, given: Parameters) -> None:
    """Done; the answer is right and says that it is something else."""
    answer = await exchange.forward()
    answer.replace_header("Content-Type", str(given.get("content_type", "text/plain")))
    await exchange.send(answer)


async def duplicate(exchange: Exchange, given: Parameters) -> None:
    """Done twice; the second answer counts."""
    await exchange.forward()
    await exchange.send(await exchange.forward())


# Not one of these functions: there is no connection on which a request could come.
REFUSE: Final = "refuse"

KINDS: Final[dict[str, Kind]] = {
    "status": status,
    "hang": hang,
    "reset": reset,
    "html": html,
    "empty": empty,
    "garbage": garbage,
    "stale": stale,
    "latency": latency,
    "late": late,
    "lie": lie,
    "lost": lost,
    "reset_mid": reset_mid,
    "truncate": truncate,
    "drip": drip,
    "content_type": content_type,
    "duplicate": duplicate,
}
