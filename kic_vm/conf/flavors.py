"""[flavors]: what the gateway keeps of the cloud's flavors."""

from oslo_config import cfg

GROUP = "flavors"

OPTS = [
    cfg.IntOpt(
        "id_cache_time",
        default=3600,
        min=0,
        help="Seconds for which the gateway remembers which id belongs to a flavor name. Nova's "
        "answers about servers name the flavor but leave its id out.",
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Teach ``conf`` this group."""
    conf.register_opts(OPTS, GROUP)
