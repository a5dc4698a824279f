"""[keypairs]: the index of the keypairs of projects."""

from oslo_config import cfg

GROUP = "keypairs"

OPTS = [
    cfg.IntOpt(
        "index_time",
        default=300,
        min=1,
        help="Seconds for which the gateway trusts its index of a project's keypairs. A keypair "
        "that is made or removed through the gateway changes it at once, also for other gateways "
        "that share a Redis; one that is made or removed in Nova itself is noticed after this "
        "time at the latest.",
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Teach ``conf`` this group."""
    conf.register_opts(OPTS, GROUP)
