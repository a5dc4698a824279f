"""Redis for values that only the gateway can read and write.

Who reads Redis learns nothing, and what somebody else writes there is no value: each one is
encrypted and signed (Fernet) together with its key and the time at which it ends, so that no
entry can be put in the place of another or kept beyond its time.
"""

import base64
import hashlib
import struct
import time
from typing import Final

import redis
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from kic_vm.leases import Lease

_END: Final = struct.Struct(">d")
_VALUE: Final = _END.size + hashlib.sha256().digest_size  # where it begins
_SET_WHILE_HELD: Final = """
if redis.call('get', KEYS[1]) ~= ARGV[1] then
    return 0
end
redis.call('set', KEYS[2], ARGV[2], 'px', ARGV[3])
return 1
"""
_DELETE_WHILE_HELD: Final = """
if redis.call('get', KEYS[1]) ~= ARGV[1] then
    return 0
end
redis.call('del', KEYS[2])
return 1
"""


class UnreadableError(Exception):
    """What is there was not written by this deployment for this key, or its time is over."""


class SealedRedis:
    """The few commands that are needed; all of them raise redis.RedisError.

    :param prefix: before each key
    :param secrets: what all processes of the deployment have, and nobody else, each of 128 random
        bits at least; the first one seals, each of them opens
    """

    def __init__(self, client: "redis.Redis[bytes]", prefix: str, *secrets: str) -> None:
        self._client = client
        self._prefix = prefix
        self._cipher = MultiFernet([_cipher(secret) for secret in secrets])

    def get(self, key: str) -> bytes | None:
        """The value, None where there is none.

        :raises UnreadableError: as ``get_with_rest``
        """
        return self.get_with_rest(key)[0]

    def get_with_rest(self, key: str) -> tuple[bytes | None, float]:
        """The value, None where there is none, and for how many seconds more it is kept.

        :raises UnreadableError: somebody else has written it, or with another secret, or has kept
            it beyond its time
        """
        sealed: bytes | None = self._client.get(self._prefix + key)
        return (None, 0.0) if sealed is None else self._open(key, sealed)

    def set(self, key: str, value: bytes, seconds: float) -> None:
        """Keep a value for a time, in the place of another one."""
        self._client.set(
            self._prefix + key, self._seal(key, value, seconds), px=_milliseconds(seconds)
        )

    def add(self, key: str, value: bytes, seconds: float) -> bool:
        """Keep a value for a time where there is none yet; whether it was kept."""
        sealed = self._seal(key, value, seconds)
        return bool(
            self._client.set(self._prefix + key, sealed, px=_milliseconds(seconds), nx=True)
        )

    def delete(self, key: str) -> None:
        """Forget a value."""
        self._client.delete(self._prefix + key)

    def lease(self, key: str) -> Lease:
        """The lease of a piece of work, not acquired yet."""
        return Lease(self._client, self._prefix + key)

    def set_while_held(self, lease: Lease, key: str, value: bytes, seconds: float) -> bool:
        """Keep a value for a time if the lease is held; whether it was."""
        sealed = self._seal(key, value, seconds)
        return self._while_held(_SET_WHILE_HELD, lease, key, sealed, _milliseconds(seconds))

    def delete_while_held(self, lease: Lease, key: str) -> bool:
        """Forget a value if the lease is held; whether it was."""
        return self._while_held(_DELETE_WHILE_HELD, lease, key)

    def _while_held(self, script: str, lease: Lease, key: str, *args: bytes | int) -> bool:
        run = self._client.register_script(script)
        return bool(run(keys=[lease.key, self._prefix + key], args=[lease.token, *args]))

    def ping(self) -> None:
        """Return when Redis answers."""
        self._client.ping()

    def _seal(self, key: str, value: bytes, seconds: float) -> bytes:
        return self._cipher.encrypt(_END.pack(time.time() + seconds) + _digest(key) + value)

    def _open(self, key: str, sealed: bytes) -> tuple[bytes, float]:
        try:
            opened = self._cipher.decrypt(sealed)
        except InvalidToken as error:
            raise UnreadableError from error
        (end,) = _END.unpack_from(opened)
        digest, value = opened[_END.size : _VALUE], opened[_VALUE:]
        rest = end - time.time()
        if digest != _digest(key) or rest <= 0:
            raise UnreadableError
        return value, rest


def _cipher(secret: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(secret.encode()).digest()))


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def _milliseconds(seconds: float) -> int:
    return max(1, int(seconds * 1000))
