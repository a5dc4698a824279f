"""[redis]: the store that gateway processes share."""

from oslo_config import cfg

from kic_vm.conf.redis_url import RedisUrl

GROUP = "redis"

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
