# SPDX-License-Identifier: Apache-2.0
"""Redis with encrypted values that only the gateway can read and write.

Each value is encrypted and signed (Fernet), together with its key and its expiry time. So values
cannot be read from Redis or forged there, no entry can replace another one, and none can outlive
its expiry time.
"""

import base64
import hashlib
import hmac
import struct
import time
from typing import Final

import redis
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from oslo_config import cfg
from oslo_log import log as logging

from kic_vm.cache import client
from kic_vm.cache.lease import Lease
from kic_vm.conf.shared_secrets import shared_secrets

LOG = logging.getLogger(__name__)

_END: Final = struct.Struct(">d")
_VALUE: Final = _END.size + hashlib.sha256().digest_size  # offset of the value
_IF_HELD: Final = """
if redis.call('get', KEYS[1]) ~= ARGV[1] then
    return 0
end
"""
_SET: Final = "redis.call('set', KEYS[2], ARGV[2], 'px', ARGV[3])\n"
_SET_WHILE_HELD: Final = f"{_IF_HELD}{_SET}return 1"
_SET_AND_RELEASE: Final = f"{_IF_HELD}{_SET}redis.call('del', KEYS[1])\nreturn 1"
_DELETE_WHILE_HELD: Final = f"{_IF_HELD}redis.call('del', KEYS[2])\nreturn 1"


class UnreadableError(Exception):
    """The stored value was not written by this deployment for this key, or has expired."""


class SealedRedis:
    """The Redis commands that the gateway uses; all of them raise redis.RedisError.

    :param prefix: the prefix of each key
    :param secrets: secrets that only the deployment's processes share, each with at least 128
        random bits; the first one encrypts, each of them decrypts
    """

    def __init__(self, client: "redis.Redis[bytes]", prefix: str, *secrets: str) -> None:
        self._client = client
        self._prefix = prefix
        self._has_warned = False
        self._cipher = MultiFernet([_cipher(secret) for secret in secrets])
        self._digest_keys = [
            hashlib.sha256(f"digest {secret}".encode()).digest() for secret in secrets
        ]

    def get(self, key: str) -> bytes | None:
        """The value; None if there is none.

        :raises UnreadableError: see ``get_with_rest``
        """
        return self.get_with_rest(key)[0]

    def get_with_rest(self, key: str) -> tuple[bytes | None, float]:
        """The value, None if there is none, and the remaining time in seconds until it expires.

        :raises UnreadableError: the value was written by others or with another secret, or was
            kept beyond its expiry time
        """
        sealed: bytes | None = self._client.get(self._prefix + key)
        return (None, 0.0) if sealed is None else self.open(key, sealed)

    def set(self, key: str, value: bytes, seconds: float) -> None:
        """Store a value for a number of seconds, replacing any other value."""
        self._client.set(
            self._prefix + key, self.seal(key, value, seconds), px=_milliseconds(seconds)
        )

    def add(self, key: str, value: bytes, seconds: float) -> bool:
        """Store a value for a number of seconds if there is none; whether it was stored."""
        sealed = self.seal(key, value, seconds)
        return bool(
            self._client.set(self._prefix + key, sealed, px=_milliseconds(seconds), nx=True)
        )

    def delete(self, key: str) -> None:
        """Delete a value."""
        self._client.delete(self._prefix + key)

    def lease(self, key: str, token: str | None = None) -> Lease:
        """A lease that is not acquired yet, or the one of another process with this token."""
        return Lease(self._client, self._prefix + key, token)

    def set_while_held(self, lease: Lease, key: str, value: bytes, seconds: float) -> bool:
        """Store a value for a number of seconds if the lease is held; whether it was held."""
        sealed = self.seal(key, value, seconds)
        return self._while_held(_SET_WHILE_HELD, lease, key, sealed, _milliseconds(seconds))

    def set_and_release(self, lease: Lease, key: str, value: bytes, seconds: float) -> bool:
        """As ``set_while_held``, and release the lease in the same step."""
        sealed = self.seal(key, value, seconds)
        return self._while_held(_SET_AND_RELEASE, lease, key, sealed, _milliseconds(seconds))

    def delete_while_held(self, lease: Lease, key: str) -> bool:
        """Delete a value if the lease is held; whether it was held."""
        return self._while_held(_DELETE_WHILE_HELD, lease, key)

    def _while_held(self, script: str, lease: Lease, key: str, *args: bytes | int) -> bool:
        run = self._client.register_script(script)
        return bool(run(keys=[lease.key, self._prefix + key], args=[lease.token, *args]))

    def ping(self) -> None:
        """Check that Redis answers."""
        self._client.ping()

    @property
    def client(self) -> "redis.Redis[bytes]":
        """The client, for commands whose values are sealed by the caller."""
        return self._client

    def full_key(self, key: str) -> str:
        """The key as Redis has it."""
        return self._prefix + key

    def digests(self, text: str) -> list[str]:
        """Digests of a text that only this deployment can compute: one for each secret."""
        return [
            hmac.new(key, text.encode(), "sha256").hexdigest()[:32] for key in self._digest_keys
        ]

    def seal(self, key: str, value: bytes, seconds: float) -> bytes:
        """A value in sealed form, for storage under a key for a number of seconds."""
        return self._cipher.encrypt(_END.pack(time.time() + seconds) + _digest(key) + value)

    def open(self, key: str, sealed: bytes) -> tuple[bytes, float]:
        """A sealed value, and the remaining time in seconds until it expires.

        :raises UnreadableError: see ``get_with_rest``
        """
        try:
            opened = self._cipher.decrypt(sealed)
        except (InvalidToken, TypeError) as error:  # TypeError: it is a number or a list
            self._warn()
            raise UnreadableError from error
        (end,) = _END.unpack_from(opened)
        digest, value = opened[_END.size : _VALUE], opened[_VALUE:]
        rest = end - time.time()
        if digest != _digest(key) or rest <= 0:
            raise UnreadableError
        return value, rest

    def _warn(self) -> None:
        """Warn once: a process that cannot read the data of the others works without them."""
        if not self._has_warned:
            self._has_warned = True
            LOG.warning(
                "Redis contains data that another secret has encrypted, and this process ignores "
                "it. Set [redis] secret to the same value on all gateways and workers."
            )


def connect(conf: cfg.ConfigOpts) -> SealedRedis | None:
    """The Redis in [redis]; None without Redis. No call to Redis."""
    connected = client.connect(conf)
    if connected is None:
        return None
    return SealedRedis(connected, conf.redis.key_prefix, *shared_secrets(conf, "redis"))


def _cipher(secret: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(secret.encode()).digest()))


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def _milliseconds(seconds: float) -> int:
    return max(1, int(seconds * 1000))
