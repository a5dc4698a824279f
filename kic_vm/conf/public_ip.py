"""[public_ip]: where public IPs come from."""

from oslo_config import cfg

GROUP = "public_ip"

OPTS = [
    cfg.StrOpt(
        "network",
        help="""
Name or id of the external network that new public IPs come from. Unset: the cloud's default
external network, or the only one it has.
""",
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Teach ``conf`` this group."""
    conf.register_opts(OPTS, GROUP)
