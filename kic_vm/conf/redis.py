"""[redis]: the store that gateway processes share."""

from oslo_config import cfg, types

from kic_vm.conf.redis_url import RedisUrl

GROUP = "redis"
_SECRET_MINIMUM = 32


class RedisSecret(types.String):  # type: ignore[misc, unused-ignore]
    """A secret that nobody can guess. What is wrong with it is said without the secret."""

    def __call__(self, value: object) -> str:
        """The secret.

        :raises ValueError: it is too short
        """
        secret: str = super().__call__(value)
        if len(secret) < _SECRET_MINIMUM:
            raise ValueError(
                f"Each secret must have at least {_SECRET_MINIMUM} characters: make one with "
                "openssl rand -hex 32"
            )
        return secret


OPTS = [
    cfg.Opt(
        "url",
        type=RedisUrl(),
        secret=True,
        help="""
Redis that all gateway processes share, as redis://, rediss:// or unix:// URL, or by way of Redis
Sentinel as redis+sentinel://user:password@host:port,host:port/service/db (rediss+sentinel with
TLS). There user and password, which may be left out, are those of Redis; port is 26379 and db 0
unless given. Nothing in it is the only copy: it may be emptied at any time. Unset: each process
keeps a bounded cache in its memory.
""",
    ),
    cfg.Opt(
        "secret",
        type=types.List(item_type=RedisSecret()),
        secret=True,
        help="""
Secrets that encrypt and sign everything in Redis, separated by commas, the same on all gateways and
workers. Each has at least 32 characters and no comma, such as `openssl rand -hex 32` prints. The
first one encrypts, each of them decrypts. To change the secret, add the new one at the end on all
hosts, then move it to the front, then remove the old one. Unset: a secret is derived from
[keystone_authtoken] memcache_secret_key, or else from the password or application credential of
[service_user].
""",
    ),
    cfg.StrOpt("key_prefix", default="kic-vm:", help="Begin of every key in Redis."),
    cfg.FloatOpt(
        "timeout",
        default=0.25,
        min=0.01,
        help="Seconds that one Redis command may take before the process goes on without.",
    ),
    cfg.FloatOpt(
        "retry_after",
        default=5.0,
        min=0,
        help="Seconds for which Redis is left alone after it has failed.",
    ),
    cfg.IntOpt(
        "memory_entries",
        default=4096,
        min=1,
        help="Entries that the cache in a process's memory holds, where Redis is absent or down.",
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Teach ``conf`` this group."""
    conf.register_opts(OPTS, GROUP)
