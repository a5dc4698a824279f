# SPDX-License-Identifier: Apache-2.0
"""Idempotency-Key while Redis fails, loses data, returns garbage, or is not configured."""

from collections.abc import Iterator
from typing import Any

import pytest
import redis
from oslo_config import cfg

from kic_vm import deploy
from tests.unit.bodies import INSTANCE, SERVER
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.fake_redis import FakeRedis
from tests.unit.lying_redis import LyingRedis
from tests.unit.middleware.idempotent import IMPORT, KEY, KEYPAIRS
from tests.unit.personas import token_of

JSON = dict[str, Any]


@pytest.fixture
def options() -> str:
    return "[redis]\nurl = redis://redis.test\n"


def test_redis_is_down(member: Caller, populated: Cloud, store: FakeRedis) -> None:
    """Nothing is done: it could not be promised to be done once."""
    store.is_down = True
    refusal(member.post(KEYPAIRS, json=IMPORT, headers=KEY), 503, "idempotency_unavailable")
    assert populated.calls() == []
    assert member.post(KEYPAIRS, json=IMPORT).status_code == 201


def test_redis_fails_at_the_begin(member: Caller, populated: Cloud, store: FakeRedis) -> None:
    """A request that could not begin does nothing, and its retry is a first attempt."""
    store.lose_one("EVALSHA", is_performed=False)
    refusal(member.post(f"{INSTANCE}/stop", headers=KEY), 503, "idempotency_unavailable")
    assert populated.writes() == []
    assert member.post(f"{INSTANCE}/stop", headers=KEY).status_code == 202


def test_lost_answer_about_the_lease(member: Caller, populated: Cloud, store: FakeRedis) -> None:
    """A request that does not learn that it has the lease gives it back."""

    def lose(*args: Any) -> None:
        if args[0] == "SET" and "idempotency" in args[1]:
            store.before = None
            store.look(*args)
            raise redis.TimeoutError

    store.before = lose
    refusal(member.post(f"{INSTANCE}/stop", headers=KEY), 503, "idempotency_unavailable")
    assert populated.writes() == []
    assert member.post(f"{INSTANCE}/stop", headers=KEY).status_code == 202


def test_lease_lost_at_the_begin(member: Caller, populated: Cloud, store: FakeRedis) -> None:
    """A request whose lease has expired before it began does nothing."""

    def expire(*args: Any) -> None:
        if args[0] == "EVALSHA":
            store.before = None
            store.look("DEL", *[key for key in store.values if key.endswith(":lease")])

    store.before = expire
    refusal(member.post(f"{INSTANCE}/stop", headers=KEY), 503, "idempotency_unavailable")
    assert populated.writes() == []
    assert member.post(f"{INSTANCE}/stop", headers=KEY).status_code == 202


def test_lease_taken_before_the_begin(member: Caller, populated: Cloud, store: FakeRedis) -> None:
    """A request whose lease another process has taken over does nothing."""

    def take_over(*args: Any) -> None:
        if args[0] == "EVALSHA":
            store.before = None
            (lease,) = [key for key in store.values if key.endswith(":lease")]
            store.look("SET", lease, "another", "PX", 40_000)

    store.before = take_over
    refusal(member.post(f"{INSTANCE}/stop", headers=KEY), 409, "idempotency_in_progress")
    assert populated.writes() == []


def test_redis_loses_everything_again_and_again(
    member: Caller, populated: Cloud, store: FakeRedis
) -> None:
    """A lease that nobody holds is not proof of another process: Redis cannot keep it."""
    store.before = lambda *_command: store.look("FLUSHALL") and None
    refusal(member.post(f"{INSTANCE}/stop", headers=KEY), 503, "idempotency_unavailable")
    assert populated.writes() == []


def test_redis_goes_down_meanwhile(member: Caller, populated: Cloud, store: FakeRedis) -> None:
    """What has been done is answered."""

    def act(_request: Any, context: Any) -> JSON:
        store.is_down = True
        context.status_code = 202
        return {}

    populated.answer("POST", "nova", f"/servers/{SERVER['id']}/action", act)
    assert member.post(f"{INSTANCE}/stop", headers=KEY).status_code == 202


@pytest.mark.parametrize("lie", [b"", b"running", b"answered 0 {}", b"gAAAAAB" + b"A" * 200])
def test_redis_lies(member: Caller, populated: Cloud, store: FakeRedis, lie: bytes) -> None:
    """A record that the gateway has not written is no answer, and nothing is done."""
    member.post(KEYPAIRS, json=IMPORT, headers=KEY)
    populated.forget()
    store.values.update({key: lie for key in store.values if "idempotency" in key})
    response = member.post(KEYPAIRS, json=IMPORT, headers=KEY)
    refusal(response, 503, "idempotency_unavailable")
    assert populated.writes() == []


class TestHungRedis:
    """Redis accepts connections, and does not answer."""

    @pytest.fixture
    def hung(self) -> Iterator[LyingRedis]:
        server = LyingRedis(b"")
        yield server
        server.close()

    @pytest.fixture
    def options(self, hung: LyingRedis) -> str:
        return f"[redis]\nurl = {hung.url}\ntimeout = 0.1\n"

    def test_refused(self, hung: LyingRedis, conf: cfg.ConfigOpts, populated: Cloud) -> None:
        """A request is refused after one command, so it holds its thread for one timeout."""
        member = Caller(deploy.load_app(conf), token_of("member"))
        member.get(KEYPAIRS)  # the caches wait once
        for _attempt in range(3):
            hung.asked.clear()
            refusal(member.post(KEYPAIRS, json=IMPORT, headers=KEY), 503, "idempotency_unavailable")
            assert hung.asked == [b"GET"]
        assert populated.writes() == []


class TestWithoutRedis:
    """No store is configured."""

    @pytest.fixture
    def options(self) -> str:
        return "[redis]\nkey_prefix = x:\n"

    def test_refused(self, member: Caller, populated: Cloud) -> None:
        """It is not silently dropped."""
        refusal(member.post(KEYPAIRS, json=IMPORT, headers=KEY), 501, "idempotency_not_offered")
        assert populated.calls() == []
