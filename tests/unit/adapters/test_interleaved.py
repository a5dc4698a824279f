# SPDX-License-Identifier: Apache-2.0
"""Reads side by side in one thread: they wait together, end all, and the first failure is told."""

import threading
from collections.abc import Callable
from contextvars import ContextVar
from functools import partial

import pytest

from kic_vm.adapters.http.client import HttpClient
from kic_vm.adapters.http.interleaved import gather_reads
from tests.unit.adapters.answering import WAIT, Server

Read = Callable[[str], str]


@pytest.fixture
def read(server: Server) -> Read:
    """Ask the server, which answers when it is told to, and give back what for."""
    wire = HttpClient(pool_size=1, max_body_size=2**20)

    def ask(name: str) -> str:
        url = f"{server.url}/wait/{name}"
        assert wire.get(url, {}, timeout=WAIT, verify=True, cert=None).content == b"one"
        return name

    return ask


def test_they_go_on(server: Server, read: Read) -> None:
    """While the first waits the others begin; here they release what it waits for."""

    def second() -> str:
        server.release("1")
        return read("2")

    def third() -> str:
        server.release("2")
        return "3"

    assert gather_reads(partial(read, "1"), second, third) == ["1", "2", "3"]


def test_one_thread(server: Server, read: Read) -> None:
    """No other thread has a part in it."""

    def first() -> int:
        read("1")
        return threading.get_ident()

    def second() -> int:
        server.release("1")
        return threading.get_ident()

    assert gather_reads(first, second) == [threading.get_ident()] * 2


def test_nested(server: Server, read: Read) -> None:
    """A call that gathers itself holds up nobody."""

    def outer() -> list[str]:
        return gather_reads(partial(read, "1"), partial(read, "2"))

    def last() -> str:
        for name in ("1", "3", "2"):
            server.release(name)
        return read("3")

    assert gather_reads(outer, last) == [["1", "2"], "3"]


def test_one_after_another(server: Server, read: Read) -> None:
    """Calls of several reads each, which end in another order than they began in."""
    for name in "abcd":
        server.release(name)
    assert gather_reads(
        lambda: [read("a"), read("b")], lambda: read("c"), lambda: [read("d"), read("a")]
    ) == [["a", "b"], "c", ["d", "a"]]


@pytest.mark.parametrize("count", [0, 1, 100])
def test_any_number(server: Server, read: Read, count: int) -> None:
    """None, one, and more than wait at the same time."""
    server.release("x")

    def echo(number: int) -> int:
        read("x")
        return number

    assert gather_reads(*(partial(echo, number) for number in range(count))) == list(range(count))


def test_first_failure(server: Server, read: Read) -> None:
    """What the first of the failed calls has raised is raised, when all have ended that began."""
    ended = []

    def first() -> None:
        read("1")
        ended.append(1)
        raise KeyError("first")

    def second() -> None:
        server.release("1")
        ended.append(2)

    def third() -> None:
        ended.append(3)
        raise ValueError("third")

    def fourth() -> None:
        ended.append(4)

    with pytest.raises(KeyError, match="first"):
        gather_reads(first, second, third, fourth)
    assert ended == [2, 3, 1]


def test_context_goes_along(server: Server, read: Read) -> None:
    """Each call sees the context of the request that makes it, and keeps its own changes."""
    variable: ContextVar[str] = ContextVar("variable", default="nobody's")
    variable.set("mine")

    def first() -> str:
        variable.set("first")
        read("1")
        return variable.get()

    def second() -> str:
        server.release("1")
        return variable.get()

    assert gather_reads(first, second) == ["first", "mine"]
    assert variable.get() == "mine"


def test_given_up(server: Server, read: Read) -> None:
    """What ends a process ends its reads; the next ones are as if nothing had been."""

    def exits() -> None:
        raise SystemExit

    with pytest.raises(SystemExit):
        gather_reads(partial(read, "1"), exits)
    server.release("1")
    server.release("2")
    assert gather_reads(partial(read, "1"), partial(read, "2")) == ["1", "2"]
