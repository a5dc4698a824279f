# SPDX-License-Identifier: Apache-2.0
"""A Redis that answers nonsense counts as one that fails, whoever uses it."""

import uuid
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
import redis
from oslo_config import cfg

from kic_vm import deploy
from kic_vm.cache import redis as redis_cache
from kic_vm.cache.fetched import Fetched
from kic_vm.cache.store import StoreUnavailable, create_store
from kic_vm.cache.stored_lists import Key, StoredLists
from kic_vm.events import stream as event_stream
from kic_vm.events.model import Cursor, Position
from kic_vm.events.reader import CursorExpiredError
from kic_vm.rate_limiter import RateLimiter, policies_of
from tests.unit.cloud import Cloud
from tests.unit.conftest import Answer, Caller
from tests.unit.events.conftest import PROJECT, sighting
from tests.unit.lying_redis import ANSWERS, LyingRedis
from tests.unit.personas import token_of

Call = Callable[[], Any]
KEY = Key.of(PROJECT, ["member"], "instances")
CURSOR = Cursor(Position(1, 1), "abcdef01")


@pytest.fixture
def lying() -> Iterator[LyingRedis]:
    server = LyingRedis()
    yield server
    server.close()


@pytest.fixture
def options(lying: LyingRedis) -> str:
    return (
        f"[redis]\nurl = {lying.url}\nsecret = {'s' * 32}\ntimeout = 0.05\nretry_after = 0\n"
        "[limits]\nreads_per_user = 20/second;1000/hour\n"
    )


def caches(conf: cfg.ConfigOpts) -> dict[str, Call]:
    """The calls that never fail: they go on without Redis."""
    state = deploy.load_app_state(conf)
    lists, limiter = state.recent_lists, RateLimiter(conf)
    fetched: Fetched[Any] = Fetched([{"id": "i"}], None)
    return {
        "get": partial(state.cache.get, "k"),
        "set": partial(state.cache.set, "k", b"v", 9),
        "add": partial(state.cache.add, "k", b"v", 9),
        "acquire": partial(state.cache.acquire, "k", b"v", 9),
        "get locally": partial(state.local_cache.get, "k"),
        "drop": partial(lists.drop, PROJECT),
        "note_follower": partial(lists.note_follower, 9),
        "find": partial(lists.find, KEY, 100, is_only_process=False),
        "read list": partial(lists.read, KEY, 100, lambda _: fetched, is_only_process=False),
        "count": partial(limiter.count, policies_of(conf, "reads_per_user"), "client"),
    }


def stores(conf: cfg.ConfigOpts) -> dict[str, Call]:
    """The calls that raise StoreUnavailable."""
    store, stream = create_store(conf), event_stream.create(conf)
    assert store is not None
    assert stream is not None
    lease, followers = store.lease("l"), stream.followers
    return {
        "get": partial(store.get, "k"),
        "acquire": partial(store.acquire, lease, 9),
        "renew": partial(store.renew, lease, 9),
        "release": partial(store.release, lease),
        "remaining": partial(store.remaining, lease),
        "set_while_held": partial(store.set_while_held, lease, "k", b"v", 9),
        "set_and_release": partial(store.set_and_release, lease, "k", b"v", 9),
        "delete_while_held": partial(store.delete_while_held, lease, "k"),
        "now": stream.now,
        "record": lambda: stream.record([sighting("Active", None), sighting("Stopped", None)]),
        "record_gap": partial(stream.record_gap, [PROJECT], None),
        "read the present": partial(stream.read, PROJECT, None),
        "read on": partial(stream.read, PROJECT, CURSOR),
        "read_oldest": partial(stream.read_oldest, PROJECT),
        "subscribe": lambda: stream.subscribe().next_message(0.01),
        "acquire to follow": partial(followers.acquire, followers.lease(), 9),
        "go on to follow": partial(followers.renew, followers.lease(), 9),
        "known": partial(stream.known.read, "volume", ()),
        "know all": partial(stream.known.note_all, "volume"),
        "stop to follow": partial(followers.release, followers.lease()),
        "followed_until": followers.followed_until,
        "note_followed": partial(followers.note_followed, 1),
        "note_notified": partial(followers.note_notified, "nova"),
        "is_notified": partial(followers.is_notified, "nova"),
    }


def failures(calls: dict[str, Call], *expected: type[Exception]) -> list[str]:
    """The calls that raise something unexpected."""
    found = []
    for name, call in calls.items():
        try:
            call()
        except expected:
            continue
        except Exception as error:  # noqa: BLE001 - the test shows all of them
            found.append(f"{name}: {error!r}")
    return found


@pytest.fixture(autouse=True)
def no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """No request waits for the list of another process, which a lie may promise."""
    monkeypatch.setattr(StoredLists, "_is_wait_over", lambda _lists, _terms: True)


@pytest.fixture
def users(conf: cfg.ConfigOpts) -> tuple[dict[str, Call], dict[str, Call]]:
    return caches(conf), stores(conf)


@pytest.mark.parametrize("answer", ANSWERS)
def test_users(
    lying: LyingRedis, users: tuple[dict[str, Call], dict[str, Call]], answer: str
) -> None:
    """What works without Redis works with one that lies; everything else says so."""
    lying.answer = ANSWERS[answer]
    without_failures, with_failures = users
    assert failures(without_failures) == []
    assert failures(with_failures, StoreUnavailable, CursorExpiredError) == []


def test_readiness(lying: LyingRedis, conf: cfg.ConfigOpts) -> None:
    """The check of Redis has one type of failure, also at the first message."""
    for lying.is_polite in (True, False):
        for name, lying.answer in ANSWERS.items():
            cache = redis_cache.create_cache(conf)
            assert isinstance(cache, redis_cache.RedisCache)
            assert failures({name: cache.ping}, redis.RedisError) == []


def test_gateway(lying: LyingRedis, conf: cfg.ConfigOpts, populated: Cloud) -> None:
    """No request fails because of it, except those that need Redis: they get their 503."""
    member = Caller(deploy.load_app(conf), token_of("member"))
    expected = dict.fromkeys(("events", "oldest", "wait"), (503, "events_unavailable"))
    expected["key"] = (503, "idempotency_unavailable")
    for name, lying.answer in ANSWERS.items():
        failed = {
            request: (response.status_code, response.json["error"]["code"])
            for request, response in responses(member).items()
            if response.status_code >= 500
        }
        assert failed.items() <= expected.items(), name


def responses(member: Caller) -> dict[str, Answer]:
    """The responses to one request of each kind that uses Redis."""
    volume = {"volume": {"name": "v", "size": 1}}
    login = {"auth": {"identity": {"methods": ["password"]}}}
    holding = {"environ_overrides": {"kic_vm.holds_answers": True}}
    key = {"Idempotency-Key": str(uuid.uuid4())}
    return {
        "list": member.get("/api/v1/instances", headers={"Cache-Control": "max-age=20"}),
        "usage": member.get("/api/v1/usage"),
        "events": member.get("/api/v1/events"),
        "oldest": member.get("/api/v1/events?after=oldest"),
        "wait": member.get("/api/v1/events?wait=1", **holding),
        "keypairs": member.get("/api/v1/keypairs"),
        "key": member.post("/api/v1/volumes", json=volume, headers=key),
        "login": member.post("/identity/v3/auth/tokens", json=login),
    }
