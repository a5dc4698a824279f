# SPDX-License-Identifier: Apache-2.0
"""Attempts of a process that was suspended, while another one has taken over the request."""

import contextlib
import time
from typing import Any

import pytest
import redis
from oslo_config import cfg

from kic_vm.attempt_records import Kind
from kic_vm.attempts import Attempt
from kic_vm.cache.store import StoreUnavailable
from tests.unit.attempts.processes import LEASE, RECORD, process
from tests.unit.fake_redis import FakeRedis


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
