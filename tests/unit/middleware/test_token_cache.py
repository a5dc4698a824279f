# SPDX-License-Identifier: Apache-2.0
"""Tokens that are remembered in Redis: useless to who reads it, and to who writes to it."""

from collections.abc import Callable

import pytest

from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.fake_redis import FakeRedis
from tests.unit.middleware.test_authentication import validations
from tests.unit.personas import PROJECT, SECRET, USER

PATH = "/api/v1/volumes/types"
KEYPAIR = {"keypair": {"name": "mine"}}


@pytest.fixture
def options() -> str:
    """A gateway with a Redis."""
    return "[redis]\nurl = redis://redis.test\n"


def test_nothing_can_be_read(member: Caller, populated: Cloud, store: FakeRedis) -> None:
    """Neither key nor value tells the token or whose it is; Keystone is asked once."""
    for _request in range(2):
        assert member.get(PATH).status_code == 200
    assert len(validations(populated)) == 1
    assert store.values
    for key, value in store.values.items():
        for word in (SECRET, USER, PROJECT, "roles"):
            assert word not in key
            assert word.encode() not in value


def test_no_longer_than_said(member: Caller, populated: Cloud, store: FakeRedis) -> None:
    """Revocation is noticed within the configured time, half a minute unless changed."""
    member.get(PATH)
    assert set(store.lives.values()) == {30_000}


@pytest.mark.parametrize("lie", [b"", b"{}", b"null", b"\xff\x00", b"A" * 400])
def test_false_entries(
    elsewhere: Callable[[str], Caller], populated: Cloud, store: FakeRedis, lie: bytes
) -> None:
    """What the gateway has not written is no entry: Keystone is asked again."""
    elsewhere("member").get(PATH)
    store.values.update(dict.fromkeys(store.values, lie))
    assert elsewhere("member").get(PATH).status_code == 200
    assert len(validations(populated)) == 2


def test_true_entries(
    elsewhere: Callable[[str], Caller], populated: Cloud, store: FakeRedis
) -> None:
    """What one process has learned no other one asks Keystone for."""
    for _process in range(2):
        assert elsewhere("member").get(PATH).status_code == 200
    assert len(validations(populated)) == 1


def test_exchanged_entries(
    elsewhere: Callable[[str], Caller], populated: Cloud, store: FakeRedis
) -> None:
    """One token's entry under another's key makes nobody of a reader."""
    elsewhere("reader").get(PATH)
    (readers_key,) = store.values
    elsewhere("member").get(PATH)
    (members_key,) = store.values.keys() - {readers_key}
    store.values[readers_key] = store.values[members_key]
    refusal(elsewhere("reader").post("/api/v1/keypairs", json=KEYPAIR), 403, "forbidden")


def test_redis_is_gone(member: Caller, populated: Cloud, store: FakeRedis) -> None:
    """It costs time and changes no decision."""
    store.is_down = True
    assert member.get(PATH).status_code == 200
    assert member.get(PATH).status_code == 200


class TestOwnSecret:
    """The operator has set a key."""

    @pytest.fixture
    def options(self) -> str:
        return (
            "[redis]\nurl = redis://redis.test\n"
            "[keystone_authtoken]\nmemcache_secret_key = chosen\ntoken_cache_time = 5\n"
        )

    def test_it_counts(self, member: Caller, populated: Cloud, store: FakeRedis) -> None:
        """So does the time."""
        member.get(PATH)
        assert set(store.lives.values()) == {5_000}
