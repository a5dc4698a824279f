# SPDX-License-Identifier: Apache-2.0
"""Attempts at a request with an Idempotency-Key: leases, kills, and a Redis that forgets."""

import contextlib
import time
from typing import Any

import pytest
import redis
from oslo_config import cfg

from kic_vm.attempts import Attempt, Attempts, Kind
from kic_vm.cache.sealed import SealedRedis
from kic_vm.cache.store import SharedStore, StoreUnavailable
from tests.unit.fake_redis import FakeRedis
from tests.unit.personas import SECRET

LEASE = "p:idempotency:{key}:lease"
RECORD = "p:idempotency:{key}"


@pytest.fixture
def server() -> FakeRedis:
    return FakeRedis()


@pytest.fixture
def options() -> str:
    return "[idempotency]\nlease_time = 15\nsettle_time = 30\n"


def process(server: FakeRedis, conf: cfg.ConfigOpts) -> Attempt:
    """An attempt at always the same request, by a process of its own."""
    store = SharedStore(SealedRedis(server, "p:", SECRET))
    return Attempts(store, conf).of("key", "fingerprint")


def test_one_at_a_time(server: FakeRedis, conf: cfg.ConfigOpts) -> None:
    """While one process works on a request, no other one can."""
    first, second = process(server, conf), process(server, conf)
    assert first.acquire()
    first.begin({})
    assert not second.acquire()
    assert second.seconds_to_settle() is None
    first.finish(Kind.ANSWERED, {"status": 201})
    found = second.read()
    assert found is not None
    assert (found.kind, found.content) == (Kind.ANSWERED, {"status": 201})
    assert second.acquire()


def test_refused(server: FakeRedis, conf: cfg.ConfigOpts) -> None:
    """Nothing is left of an attempt that was refused."""
    attempt = process(server, conf)
    attempt.acquire()
    attempt.begin({})
    attempt.forget()
    assert dict(server.values) == {}


def test_refused_after_a_takeover(server: FakeRedis, conf: cfg.ConfigOpts) -> None:
    """A process that was suspended does not go on after its successors were refused."""
    suspended, successor, third = (process(server, conf) for _number in range(3))
    suspended.acquire()
    suspended.begin({})
    del server.values[LEASE]
    for attempt in (successor, third):
        assert attempt.acquire()
        attempt.read()
        assert attempt.begin({})
        attempt.forget()
        assert not suspended.note({"last_action": "req-1"}), "its client would not know"
    assert LEASE not in server.values


def test_found_by_another(server: FakeRedis, conf: cfg.ConfigOpts) -> None:
    """What another process finds done stays done: the suspended process cannot undo it."""
    suspended, reader, third = (process(server, conf) for _number in range(3))
    suspended.acquire()
    suspended.begin({})
    reader.read()
    reader.finish_found(Kind.ANSWERED, {"status": 201})
    assert not suspended.is_held()
    suspended.forget()
    found = third.read()
    assert found is not None
    assert found.is_done


def test_found_too_late(server: FakeRedis, conf: cfg.ConfigOpts) -> None:
    """A slow reader does not overwrite the record of the process that has taken over."""
    first, reader, successor = (process(server, conf) for _number in range(3))
    first.acquire()
    first.begin({})
    first.leave_open()
    reader.read()
    del server.values[LEASE]
    successor.acquire()
    successor.read()
    successor.begin({})
    reader.finish_found(Kind.ANSWERED, {"status": 201})
    assert successor.is_held()
    found = first.read()
    assert found is not None
    assert found.kind is Kind.RUNNING


def test_no_write_after_a_takeover(server: FakeRedis, conf: cfg.ConfigOpts) -> None:
    """A process that was suspended learns before its next write that another one took over."""
    suspended, successor = process(server, conf), process(server, conf)
    suspended.acquire()
    suspended.begin({})
    assert suspended.is_held()
    del server.values[LEASE]
    assert suspended.is_held(), "nobody has taken over"
    del server.values[LEASE]
    successor.acquire()
    assert not suspended.is_held()


def take_over(server: FakeRedis, conf: cfg.ConfigOpts, suspended: Attempt, kind: Kind) -> bytes:
    """Have another process work on the request, until it ends if it is not still running."""
    suspended.acquire()
    suspended.begin({})
    del server.values[LEASE]
    successor = process(server, conf)
    successor.acquire()
    successor.read()
    successor.begin({})
    match kind:
        case Kind.RUNNING:
            pass
        case Kind.UNKNOWN:
            successor.leave_open(is_settled=True)
        case Kind.REFUSED:
            successor.forget()
        case _:
            successor.finish(kind, {"status": 201})
    return server.values[RECORD]


@pytest.mark.parametrize("is_performed", [False, True])
@pytest.mark.parametrize("number", range(12))
@pytest.mark.parametrize("kind", Kind)
def test_no_write_after_a_takeover_and_a_lost_command(
    server: FakeRedis,
    conf: cfg.ConfigOpts,
    monkeypatch: pytest.MonkeyPatch,
    kind: Kind,
    number: int,
    is_performed: bool,
) -> None:
    """Whichever command of the suspended process Redis does not answer, it never goes on."""
    suspended = process(server, conf)
    start = time.monotonic()
    record = take_over(server, conf, suspended, kind)
    monkeypatch.setattr("time.monotonic", lambda: start + 100)
    commands: list[str] = []

    def lose(*args: Any) -> None:
        commands.append(args[0])
        if len(commands) == number + 1:
            if is_performed:
                server.look(*args)
            raise redis.TimeoutError

    server.before = lose
    for ask in (
        suspended.is_held,
        suspended._renew,
        suspended.is_held,
        lambda: suspended.note({"last_action": "req-1"}),
        suspended.is_held,
    ):
        with contextlib.suppress(StoreUnavailable):
            assert not ask()
    suspended.finish(Kind.ANSWERED, {"status": 500})
    assert server.values[RECORD] == record


def test_no_write_after_a_takeover_without_redis(
    server: FakeRedis, conf: cfg.ConfigOpts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That another process has taken over stays known while Redis fails."""
    suspended = process(server, conf)
    start = time.monotonic()
    take_over(server, conf, suspended, Kind.ANSWERED)
    monkeypatch.setattr("time.monotonic", lambda: start + 100)
    assert not suspended.is_held()
    server.is_down = True
    assert not suspended.is_held()


def test_writes_while_redis_fails(
    server: FakeRedis, conf: cfg.ConfigOpts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process without Redis goes on as long as its lease is valid, and no longer."""
    attempt = process(server, conf)
    start = time.monotonic()
    attempt.acquire()
    attempt.begin({})
    server.is_down = True
    assert attempt.is_held()
    monkeypatch.setattr("time.monotonic", lambda: start + 16)
    with pytest.raises(StoreUnavailable):
        attempt.is_held()


def test_retry_after_a_takeover(server: FakeRedis, conf: cfg.ConfigOpts) -> None:
    """After the refusal, a retry is a first attempt again, even as another request."""
    suspended, successor = process(server, conf), process(server, conf)
    suspended.acquire()
    suspended.begin({})
    del server.values[LEASE]
    successor.acquire()
    successor.read()
    successor.begin({})
    successor.forget()
    retry = process(server, conf)
    assert retry.acquire()
    assert retry.read() is None
    assert retry.begin({})
    retry.finish(Kind.ANSWERED, {"status": 201})
    found = retry.read()
    assert found is not None
    assert found.is_done


def test_suspended_before_the_begin(server: FakeRedis, conf: cfg.ConfigOpts) -> None:
    """A process that lost its lease before it noted anything does not begin."""
    suspended, successor = process(server, conf), process(server, conf)
    suspended.acquire()
    del server.values[LEASE]
    successor.acquire()
    successor.read()
    successor.begin({})
    successor.forget()
    assert not suspended.begin({})
    assert dict(server.values) == {}


@pytest.mark.parametrize("is_performed", [False, True])
def test_down_at_the_begin(server: FakeRedis, conf: cfg.ConfigOpts, *, is_performed: bool) -> None:
    """An attempt that could not begin leaves nothing, even if Redis has stored its record."""
    attempt, retry = process(server, conf), process(server, conf)
    attempt.acquire()
    attempt.read()
    server.lose_one("EVALSHA", is_performed=is_performed)
    with pytest.raises(StoreUnavailable):
        attempt.begin({})
    assert dict(server.values) == {}
    assert retry.acquire()


def test_down_at_the_begin_of_a_retry(server: FakeRedis, conf: cfg.ConfigOpts) -> None:
    """A retry that could not begin keeps the notes of the attempt before it."""
    attempt, retry = process(server, conf), process(server, conf)
    attempt.acquire()
    attempt.begin({"last_action": "req-1"})
    attempt.leave_open(is_settled=True)
    retry.acquire()
    retry.read()
    server.lose_one("EVALSHA", is_performed=True)
    with pytest.raises(StoreUnavailable):
        retry.begin({"last_action": "req-1"})
    assert LEASE not in server.values
    found = retry.read()
    assert found is not None
    assert found.content == {"last_action": "req-1"}


def test_down_from_the_begin_on(server: FakeRedis, conf: cfg.ConfigOpts) -> None:
    """If Redis stays away, the lease ends by itself."""
    attempt = process(server, conf)
    attempt.acquire()
    attempt.read()
    server.is_down = True
    with pytest.raises(StoreUnavailable):
        attempt.begin({})
    assert server.look("PTTL", LEASE) > 0


def test_unknown(server: FakeRedis, conf: cfg.ConfigOpts) -> None:
    """For a time nobody can work on the request, while a service may still act on it."""
    attempt, retry = process(server, conf), process(server, conf)
    attempt.acquire()
    attempt.begin({"last_action": "req-1"})
    attempt.leave_open()
    assert not retry.acquire()
    seconds = retry.seconds_to_settle()
    assert seconds is not None
    assert 29 < seconds <= 30
    found = retry.read()
    assert found is not None
    assert (found.kind, found.content) == (Kind.UNKNOWN, {"last_action": "req-1"})


def test_killed(server: FakeRedis, conf: cfg.ConfigOpts, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the last sign of life a lease of 15 seconds ends, and 30 seconds later all is over."""
    attempt, retry = process(server, conf), process(server, conf)
    attempt.acquire()
    attempt.note({})  # and no thread that would renew the lease
    begin = time.time()
    for seconds, is_alive, is_free in ((10, True, False), (16, False, False), (46, False, True)):
        monkeypatch.setattr("time.time", lambda now=begin + seconds: now)
        assert (retry.seconds_to_settle() is None) is is_alive
        assert retry.acquire() is is_free
    found = retry.read()
    assert found is not None
    assert found.kind is Kind.RUNNING


def test_lost_lease(server: FakeRedis, conf: cfg.ConfigOpts) -> None:
    """A process that was suspended for too long cannot overwrite its successor's record."""
    suspended, successor = process(server, conf), process(server, conf)
    suspended.acquire()
    suspended.begin({})
    del server.values[LEASE]
    assert successor.acquire()
    successor.begin({})
    suspended.finish(Kind.ANSWERED, {"status": 500})
    found = successor.read()
    assert found is not None
    assert found.kind is Kind.RUNNING
    successor.finish(Kind.ANSWERED, {"status": 201})
    found = successor.read()
    assert found is not None
    assert found.content == {"status": 201}
    suspended.forget()
    assert RECORD in server.values


def test_notes_without_the_lease(server: FakeRedis, conf: cfg.ConfigOpts) -> None:
    """A process that was suspended for too long cannot note, and so not begin, what it would do."""
    suspended, successor = process(server, conf), process(server, conf)
    suspended.acquire()
    suspended.begin({})
    del server.values[LEASE]
    assert suspended.note({"last_action": "req-1"}), "nobody has taken over"
    del server.values[LEASE]
    successor.acquire()
    successor.begin({})
    assert not suspended.note({"last_action": "req-2"})
    found = successor.read()
    assert found is not None
    assert found.content == {}


def test_emptied(server: FakeRedis, conf: cfg.ConfigOpts) -> None:
    """A Redis that was emptied knows the attempt again after its next sign of life."""
    conf.set_override("lease_time", 1.0, "idempotency")
    attempt, retry = process(server, conf), process(server, conf)
    attempt.acquire()
    attempt.begin({})
    server.values.clear()
    end = time.monotonic() + 30
    while RECORD not in server.values and time.monotonic() < end:
        time.sleep(0.05)
    assert not retry.acquire()
    attempt.finish(Kind.ANSWERED, {"status": 201})
    assert retry.acquire()


def test_down_at_the_end(server: FakeRedis, conf: cfg.ConfigOpts) -> None:
    """The request has been done; that this cannot be noted is logged, and the lease ends."""
    attempt = process(server, conf)
    attempt.acquire()
    attempt.begin({})
    server.is_down = True
    attempt.finish(Kind.ANSWERED, {"status": 201})
    server.is_down = False
    assert server.look("PTTL", LEASE) > 0
