"""[redis]: the store that gateway processes share."""

from oslo_config import cfg, types
from redis.connection import parse_url

GROUP = "redis"


class RedisUrl(types.String):  # type: ignore[misc, unused-ignore]
    """A URL that redis-py understands. What is wrong with it is said without its password."""

    def __call__(self, value: object) -> str:
        """The URL.

        :raises ValueError: it is none
        """
        url: str = super().__call__(value)
        try:
            parse_url(url)
        except ValueError as error:
            raise ValueError("It must be a redis://, rediss:// or unix:// URL") from error
        return url


OPTS = [
    cfg.Opt(
        "url",
        type=RedisUrl(),
        secret=True,
        help="Redis that all gateway processes share, as redis://, rediss:// or unix:// URL. "
        "Nothing in it is the only copy: it may be emptied at any time. Unset: each process "
        "keeps a bounded cache in its memory.",
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
