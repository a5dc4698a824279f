# SPDX-License-Identifier: Apache-2.0
"""Readers of events while Redis hangs: only the first ones wait for it."""

import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from oslo_config import cfg

from kic_vm import deploy
from kic_vm.cache.store import StoreUnavailable
from kic_vm.events.hub import EventHub
from kic_vm.events.model import Cursor, Position
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.events.conftest import PROJECT, sighting, stream_in
from tests.unit.fake_redis import FakeRedis
from tests.unit.lying_redis import LyingRedis
from tests.unit.personas import token_of

TIMEOUT = 0.1
PAUSE = 30.0
READERS: dict[str, Callable[[EventHub], object]] = {
    "present": lambda hub: hub.stream.read(PROJECT, None),
    "after a cursor": lambda hub: hub.stream.read(PROJECT, Cursor(Position(1, 1), "a" * 8)),
    "oldest": lambda hub: hub.stream.read_oldest(PROJECT),
    "subscription": lambda hub: hub.stream.subscribe(),
    "waiting request": lambda hub: hub.add(
        PROJECT, seconds=9, is_stream=True, is_wanted=lambda _event: True, render=lambda *_: b""
    ),
}


@pytest.fixture(params=[True, False], ids=["later", "from the start"])
def hung(request: pytest.FixtureRequest) -> Iterator[LyingRedis]:
    """A server that accepts connections, and does not answer."""
    server = LyingRedis(b"", is_polite=request.param)
    yield server
    server.close()


@pytest.fixture
def options(hung: LyingRedis) -> str:
    return (
        f"[redis]\nurl = {hung.url}\nsecret = {'s' * 32}\n"
        f"timeout = {TIMEOUT}\nretry_after = {PAUSE}\n"
    )


@pytest.fixture
def hub(conf: cfg.ConfigOpts) -> EventHub:
    hub = deploy.load_app_state(conf).event_hub
    assert hub is not None
    return hub


def fail(read: Callable[[], object]) -> None:
    """Read from a Redis that fails."""
    with pytest.raises(StoreUnavailable):
        read()


@pytest.mark.parametrize("first", READERS)
def test_pause(hung: LyingRedis, hub: EventHub, first: str) -> None:
    """After one reader has waited for the timeout, no other reader asks Redis."""
    fail(partial(READERS[first], hub))
    (_one,) = hung.asked
    for read in READERS.values():
        fail(partial(read, hub))
    assert len(hung.asked) == 1


def test_requests(hung: LyingRedis, conf: cfg.ConfigOpts, populated: Cloud) -> None:
    """The feed is refused at once, and the usage is computed without it."""
    member = Caller(deploy.load_app(conf), token_of("member"))
    refusal(member.get("/api/v1/events"), 503, "events_unavailable")
    hung.asked.clear()
    for query in ("", "?after=oldest", "?wait=30"):
        holding = {"kic_vm.holds_answers": True}
        response = member.get(f"/api/v1/events{query}", environ_overrides=holding)
        refusal(response, 503, "events_unavailable")
    assert hung.asked == []
    assert member.get("/api/v1/usage").status_code == 200


def test_end_of_the_pause(server: FakeRedis, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then Redis is used again."""
    stream = stream_in(server, retry_after=PAUSE)
    server.is_down = True
    fail(lambda: stream.read(PROJECT, None))
    server.is_down = False
    asked = server.asked
    fail(lambda: stream.read(PROJECT, None))
    assert server.asked == asked
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + PAUSE + 1)
    stream.read(PROJECT, None)


def test_writers(server: FakeRedis) -> None:
    """A worker tries again at each tick, and its failures refuse no reader."""
    stream = stream_in(server, retry_after=PAUSE)
    server.is_down = True
    fail(stream.now)
    server.is_down = False
    stream.read(PROJECT, None)
    server.is_down = True
    fail(lambda: stream.read(PROJECT, None))
    server.is_down = False
    assert len(stream.record([sighting("Active", None)])) == 1
    assert stream.record_gap([PROJECT], None) == 1


def test_foreign_value(server: FakeRedis) -> None:
    """A value that this deployment did not write is no failure of Redis."""
    stream = stream_in(server, retry_after=PAUSE)
    server.look("SET", "p:events:followed", "forged")
    assert stream.read(PROJECT, None).followed_at is None
    stream.read(PROJECT, None)
