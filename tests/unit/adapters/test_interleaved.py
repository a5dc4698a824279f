"""Reads side by side in one thread: they wait together, end all, and the first failure is told."""

import select
import socket
import threading
import time
from collections.abc import Iterator
from contextvars import ContextVar
from functools import partial

import pytest

from kic_vm.adapters import interleaved
from kic_vm.adapters.interleaved import gather

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pairs() -> Iterator[list[Pair]]:
    """Connections: what is sent into the second of a pair can be read from the first."""
    made = [socket.socketpair() for _number in range(3)]
    for mine, _theirs in made:
        mine.settimeout(5)
    yield made
    for pair in made:
        for end in pair:
            end.close()


def read(sock: socket.socket, seconds: float | None = 5) -> bytes:
    """Wait as an HTTP connection does, and read."""
    with interleaved.waiting_allowed():
        interleaved.wait(sock, seconds)
    return sock.recv(10)


def test_they_go_on(pairs: list[Pair]) -> None:
    """While the first waits the others begin; here they send what it waits for."""
    (one, to_one), (two, to_two), _three = pairs

    def second() -> bytes:
        to_one.send(b"1")
        return read(two)

    def third() -> bytes:
        to_two.send(b"2")
        return b"3"

    assert gather(partial(read, one), second, third) == [b"1", b"2", b"3"]


def test_one_thread(pairs: list[Pair]) -> None:
    """No other thread has a part in it."""
    (one, to_one), _two, _three = pairs

    def first() -> int:
        read(one)
        return threading.get_ident()

    def second() -> int:
        to_one.send(b"1")
        return threading.get_ident()

    assert gather(first, second) == [threading.get_ident()] * 2


def test_nested(pairs: list[Pair]) -> None:
    """A call that gathers itself holds up nobody."""
    (one, to_one), (two, to_two), (three, to_three) = pairs

    def outer() -> list[bytes]:
        return gather(partial(read, one), partial(read, two))

    def last() -> bytes:
        to_one.send(b"1")
        to_three.send(b"3")
        to_two.send(b"2")
        return read(three)

    assert gather(outer, last) == [[b"1", b"2"], b"3"]


def test_too_late(pairs: list[Pair]) -> None:
    """Who gets nothing in time fails, and only that one."""
    (one, _to_one), (two, to_two), _three = pairs
    ended = []

    def second() -> None:
        ended.append(read(two))

    to_two.send(b"2")
    begin = time.monotonic()
    with pytest.raises(TimeoutError):
        gather(partial(read, one, 0.05), second, partial(read, pairs[2][0], 0.1))
    assert ended == [b"2"]
    assert time.monotonic() - begin < 4


def test_for_ever(pairs: list[Pair]) -> None:
    """Without a limit one waits for what comes, and no longer."""
    (one, to_one), (two, to_two), _three = pairs
    later = threading.Timer(0.05, lambda: [end.send(b"x") for end in (to_two, to_one)])
    later.start()
    assert gather(partial(read, one, None), partial(read, two, None)) == [b"x", b"x"]


def test_locked(pairs: list[Pair]) -> None:
    """Where it is not allowed nobody else goes on: that one may want a lock that is held."""
    (one, to_one), _two, _three = pairs
    seen = []

    def first() -> None:
        interleaved.wait(one, 5)
        seen.append(select.select([one], [], [], 0)[0])

    def second() -> None:
        to_one.send(b"1")

    gather(first, second)
    assert seen == [[]]


def test_alone(pairs: list[Pair]) -> None:
    """Outside of a gathering the socket's own limit holds."""
    (one, _to_one), _two, _three = pairs
    with interleaved.waiting_allowed():
        interleaved.wait(one, 0)


@pytest.mark.parametrize("count", [0, 1, 100])
def test_any_number(count: int) -> None:
    """None, one, and more than wait at the same time."""

    def echo(number: int) -> int:
        one, to_one = socket.socketpair()
        with one, to_one:
            to_one.send(b"x")
            read(one)
        return number

    assert gather(*(partial(echo, number) for number in range(count))) == list(range(count))


def test_first_failure(pairs: list[Pair]) -> None:
    """What the first of the failed calls has raised is raised, when all have ended that began."""
    (one, to_one), _two, _three = pairs
    ended = []

    def first() -> None:
        read(one)
        ended.append(1)
        raise KeyError("first")

    def second() -> None:
        to_one.send(b"1")
        ended.append(2)

    def third() -> None:
        ended.append(3)
        raise ValueError("third")

    def fourth() -> None:
        ended.append(4)

    with pytest.raises(KeyError, match="first"):
        gather(first, second, third, fourth)
    assert ended == [2, 3, 1]


def test_context_goes_along(pairs: list[Pair]) -> None:
    """Each call sees the context of the request that makes it, and keeps its own changes."""
    (one, to_one), _two, _three = pairs
    variable: ContextVar[str] = ContextVar("variable", default="nobody's")
    variable.set("mine")

    def first() -> str:
        variable.set("first")
        read(one)
        return variable.get()

    def second() -> str:
        to_one.send(b"1")
        return variable.get()

    assert gather(first, second) == ["first", "mine"]
    assert variable.get() == "mine"
