# SPDX-License-Identifier: Apache-2.0
"""[redis]: the store that the gateway processes share."""

from oslo_config import cfg, types

from kic_vm.conf.redis_url import RedisUrl

GROUP = "redis"
_SECRET_MINIMUM = 32


class RedisSecret(types.String):  # type: ignore[misc, unused-ignore]
    """A secret of sufficient length. Its errors do not contain the secret."""

    def __call__(self, value: object) -> str:
        """The secret.

        :raises ValueError: the secret is too short
        """
        secret: str = super().__call__(value)
        if len(secret) < _SECRET_MINIMUM:
            raise ValueError(
                f"Each secret must have at least {_SECRET_MINIMUM} characters: create one with "
                "openssl rand -hex 32"
            )
        return secret


OPTS = [
    cfg.Opt(
        "url",
        type=RedisUrl(),
        secret=True,
        help="""
URL of the Redis that all gateway processes share: redis://, rediss:// or unix://, or with Redis
Sentinel redis+sentinel://user:password@host:port,host:port/service/db (rediss+sentinel with TLS).
In a Sentinel URL, the optional user and password are those of Redis; the default port is 26379, the
default db 0. Redis holds no data that cannot be rebuilt: it may be emptied at any time. If unset,
each process keeps a bounded cache in its memory.
""",
    ),
    cfg.Opt(
        "secret",
        type=types.List(item_type=RedisSecret()),
        secret=True,
        help="""
Comma-separated secrets that encrypt and sign all data in Redis, the same on all gateways and
workers. Each has at least 32 characters and no comma, for example the output of `openssl rand -hex
32`. The first one encrypts, each of them decrypts. To change the secret, add the new one at the end
on all hosts, then move it to the front, then remove the old one. If unset, a secret is derived from
[keystone_authtoken] memcache_secret_key, or from the password or application credential of
[service_user], together with the user and the auth_url of [service_user]. Set it if these differ
between hosts.
""",
    ),
    cfg.StrOpt("key_prefix", default="kic-vm:", help="Prefix of every key in Redis."),
    cfg.FloatOpt(
        "timeout",
        default=0.25,
        min=0.01,
        help="Time in seconds that Redis may take to connect, to begin a response, and to continue "
        "it, before the process continues without Redis. A complete response may take twice as "
        "long.",
    ),
    cfg.FloatOpt(
        "retry_after",
        default=5.0,
        min=0,
        help="Time in seconds for which the process does not use Redis after a failure.",
    ),
    cfg.IntOpt(
        "memory_entries",
        default=4096,
        min=1,
        help="Maximum number of entries in the memory cache of a process, which it uses when Redis "
        "is not configured or unavailable.",
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Register this group."""
    conf.register_opts(OPTS, GROUP)
