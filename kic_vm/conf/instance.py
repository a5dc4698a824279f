"""[instance]: what may be asked of instances."""

from oslo_config import cfg

GROUP = "instance"

OPTS = [
    cfg.IntOpt(
        "max_count",
        default=20,
        min=1,
        help="Most instances that one request can make.",
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Teach ``conf`` this group."""
    conf.register_opts(OPTS, GROUP)
