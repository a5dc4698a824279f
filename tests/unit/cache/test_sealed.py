# SPDX-License-Identifier: Apache-2.0
"""Values in Redis: useless to who reads it, and to who writes to it."""

import time

import pytest

from kic_vm.cache.sealed import SealedRedis, UnreadableError
from tests.unit.fake_redis import FakeRedis
from tests.unit.personas import SECRET


@pytest.fixture
def sealed(server: FakeRedis) -> SealedRedis:
    """What one process of the deployment sees of it."""
    return SealedRedis(server, "p:", SECRET)


def test_nothing_can_be_read(sealed: SealedRedis, server: FakeRedis) -> None:
    """The value is not in Redis; another process of the deployment reads it."""
    sealed.set("a", b"confidential", 60)
    assert b"confidential" not in server.values["p:a"]
    assert SealedRedis(server, "p:", SECRET).get("a") == b"confidential"


def test_add(sealed: SealedRedis) -> None:
    """The first one counts, until it is deleted."""
    assert sealed.add("a", b"1", 60)
    assert not sealed.add("a", b"2", 60)
    assert sealed.get("a") == b"1"
    sealed.delete("a")
    assert sealed.get("a") is None


@pytest.mark.parametrize("lie", [b"", b"{}", b"\xff\x00", b"gAAAAAB" + b"A" * 200])
def test_forged(sealed: SealedRedis, server: FakeRedis, lie: bytes) -> None:
    """What was not sealed with the secret is refused."""
    server.values["p:a"] = lie
    with pytest.raises(UnreadableError):
        sealed.get("a")


def test_other_secret(sealed: SealedRedis, server: FakeRedis) -> None:
    """So is what another deployment has sealed."""
    SealedRedis(server, "p:", "another").set("a", b"1", 60)
    with pytest.raises(UnreadableError):
        sealed.get("a")


def test_warning_about_another_secret(
    sealed: SealedRedis, server: FakeRedis, caplog: pytest.LogCaptureFixture
) -> None:
    """The operator learns once that processes have different secrets."""
    SealedRedis(server, "p:", "another").set("a", b"1", 60)
    for _attempt in range(2):
        with pytest.raises(UnreadableError):
            sealed.get("a")
    (warning,) = caplog.messages
    assert "[redis] secret" in warning


def test_other_place(sealed: SealedRedis, server: FakeRedis) -> None:
    """So is a value under the key of another."""
    sealed.set("a", b"1", 60)
    server.values["p:b"] = server.values["p:a"]
    with pytest.raises(UnreadableError):
        sealed.get("b")


def test_kept_too_long(
    sealed: SealedRedis, server: FakeRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So is one whose time is over, which an honest Redis would not have any more."""
    sealed.set("a", b"1", 60)
    server.look("PERSIST", "p:a")
    begin = time.time()
    monkeypatch.setattr("time.time", lambda: begin + 61)
    with pytest.raises(UnreadableError):
        sealed.get("a")


def test_several_secrets(server: FakeRedis) -> None:
    """The first one seals, each of them opens."""
    old, new = SealedRedis(server, "p:", "old"), SealedRedis(server, "p:", "new", "old")
    old.set("a", b"1", 60)
    assert new.get("a") == b"1"
    new.set("a", b"2", 60)
    assert SealedRedis(server, "p:", "new").get("a") == b"2"
    with pytest.raises(UnreadableError):
        old.get("a")
