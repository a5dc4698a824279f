# SPDX-License-Identifier: Apache-2.0
"""The secrets behind what is kept in Redis: of the operator's choice, or slow to guess."""

import base64
import hashlib
import hmac
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from cryptography.fernet import Fernet, InvalidToken
from oslo_config import cfg

from kic_vm import conf as configuration
from kic_vm import deploy
from kic_vm.cache.store import SharedStore, StoreUnavailable, create_store
from kic_vm.conf import shared_secrets as module
from kic_vm.conf.shared_secrets import shared_secrets
from tests.unit.fake_redis import FakeRedis
from tests.unit.personas import SECRET

Load = Callable[[str], cfg.ConfigOpts]

OLD, NEW, OTHER = (f"{SECRET} {word} ".ljust(40, "x") for word in ("old", "new", "other"))
REDIS = "[redis]\nurl = redis://redis.test\n"


@pytest.fixture
def load(config_file: Path, tmp_path: Path) -> Load:
    """A configuration with some more lines in it."""

    def loaded(lines: str) -> cfg.ConfigOpts:
        more = tmp_path / "more.conf"
        more.write_text(lines)
        return configuration.load(["--config-file", str(config_file), "--config-file", str(more)])

    return loaded


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> FakeRedis:
    """The Redis of all."""
    found = FakeRedis()
    monkeypatch.setattr(redis.Redis, "from_url", lambda *_args, **_kwargs: found)
    return found


@pytest.fixture
def derivations(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The salts of the slow derivations in a process that has just started."""
    found: list[str] = []
    derive = hashlib.scrypt

    def counted(password: bytes, **kwargs: Any) -> bytes:
        found.append(kwargs["salt"].hex())
        assert kwargs["n"] * kwargs["r"] * kwargs["p"] >= 2**15 * 8
        return derive(password, **kwargs | {"n": 2})

    module._stretch.cache_clear()
    monkeypatch.setattr(hashlib, "scrypt", counted)
    yield found
    module._stretch.cache_clear()


def store_of(conf: cfg.ConfigOpts) -> SharedStore:
    """What one process sees of the Redis."""
    store = create_store(conf)
    assert store is not None
    return store


def put(store: SharedStore, value: bytes) -> None:
    """Store a value as the record of a request."""
    lease = store.lease("a:lease")
    assert store.acquire(lease, 60)
    assert store.set_and_release(lease, "a", value, 60)


def test_password_alone_opens_nothing(load: Load, server: FakeRedis) -> None:
    """A guess of the password cannot be tried with a few hashes."""
    conf = load(REDIS)
    put(store_of(conf), b"confidential")
    (sealed,) = server.values.values()
    password = f"{SECRET} password".encode()
    for quick in (
        password,
        hmac.new(password, b"redis", hashlib.sha256).hexdigest().encode(),
        hashlib.sha256(password).hexdigest().encode(),
    ):
        key = base64.urlsafe_b64encode(hashlib.sha256(quick).digest())
        with pytest.raises(InvalidToken):
            Fernet(key).decrypt(sealed)


def test_derived_once(load: Load, server: FakeRedis, derivations: list[str]) -> None:
    """A process pays for it once, however often it loads its application."""
    for _time in range(2):
        deploy.load_app(load(REDIS))
    assert len(derivations) == 1


@pytest.mark.parametrize("lines", ["", f"{REDIS}secret = {OLD}\n"])
def test_not_derived(load: Load, server: FakeRedis, derivations: list[str], lines: str) -> None:
    """A process without Redis, or with a secret for it, pays nothing."""
    deploy.load_app(load(lines))
    assert derivations == []


@pytest.mark.parametrize(
    "difference",
    [
        "password = another",
        "username = another",
        "auth_url = http://keystone.test/v3/elsewhere",
    ],
)
def test_deployments_differ(load: Load, derivations: list[str], difference: str) -> None:
    """Processes of one deployment have the same secret, and those of another one another."""
    here = shared_secrets(load(REDIS), "redis")
    assert here == shared_secrets(load(f"{REDIS}key_prefix = x:\n"), "redis")
    assert here == shared_secrets(
        load(f"{REDIS}[service_user]\nauth_url = http://keystone.test/v3/\n"), "redis"
    )
    assert here != shared_secrets(load(f"{REDIS}[service_user]\n{difference}\n"), "redis")


def test_memcache_secret_key(load: Load, derivations: list[str]) -> None:
    """An operator's secret for another cache is stretched as well, and takes precedence."""
    chosen = load(f"{REDIS}[keystone_authtoken]\nmemcache_secret_key = chosen\n")
    assert shared_secrets(chosen, "redis") != shared_secrets(load(REDIS), "redis")
    assert len(derivations) == 2


def test_login_without_a_secret(load: Load, server: FakeRedis) -> None:
    """A gateway that logs in with a certificate has a secret of its process."""
    conf = load(f"{REDIS}[service_user]\npassword =\n")
    assert shared_secrets(conf, "redis") == shared_secrets(conf, "redis")
    assert shared_secrets(conf, "redis") != shared_secrets(conf, "another purpose")


def test_rotation(load: Load, server: FakeRedis) -> None:
    """At each step all processes read what all others write, and the old secret goes in the end."""
    steps = [f"{OLD}", f"{OLD},{NEW}", f"{NEW}, {OLD}", f"{NEW}"]
    stores = [store_of(load(f"{REDIS}secret = {secrets}\n")) for secrets in steps]
    for first, second in itertools.pairwise(stores):
        for writer, reader in ((first, second), (second, first)):
            put(writer, b"value")
            assert reader.get("a") == b"value"
    put(stores[0], b"value")
    with pytest.raises(StoreUnavailable):
        stores[3].get("a")


def test_another_secret(load: Load, server: FakeRedis) -> None:
    """What was sealed with none of the secrets is not read."""
    put(store_of(load(f"{REDIS}secret = {OTHER}\n")), b"value")
    with pytest.raises(StoreUnavailable):
        store_of(load(f"{REDIS}secret = {NEW},{OLD}\n")).get("a")
    with pytest.raises(StoreUnavailable):
        store_of(load(REDIS)).get("a")


@pytest.mark.parametrize("value", ["short", f"{OLD},short", "x" * 31])
def test_secret_that_is_too_short(load: Load, value: str) -> None:
    """It stops the start, and the message tells how to make one, not what it is."""
    with pytest.raises(cfg.Error, match="openssl rand -hex 32") as caught:
        load(f"{REDIS}secret = {value}\n")
    assert "[redis] secret" in str(caught.value)
    assert SECRET not in str(caught.value)
    assert "short:" not in str(caught.value)


def test_secret_for_memcache(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    """auth_token gets a secret where it is told to encrypt and has none."""
    given: list[Any] = []
    monkeypatch.setattr(
        "kic_vm.middleware.authentication.TokenValidation",
        lambda _app, options, _cloud: given.append(options),
    )
    deploy.load_app(load("[keystone_authtoken]\nmemcache_security_strategy = ENCRYPT\n"))
    deploy.load_app(load(""))
    assert [len(options.get("memcache_secret_key", "")) for options in given] == [64, 0]
