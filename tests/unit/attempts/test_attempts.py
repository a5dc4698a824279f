# SPDX-License-Identifier: Apache-2.0
"""Attempts at a request with an Idempotency-Key: kills, and a Redis that fails or forgets."""

import time

import pytest
from oslo_config import cfg

from kic_vm.attempt_records import Kind
from kic_vm.cache.store import StoreUnavailable
from tests.unit.attempts.processes import LEASE, RECORD, process
from tests.unit.fake_redis import FakeRedis


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
