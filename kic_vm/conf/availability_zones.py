"""[availability_zones]: the clients' zone names and the cloud's."""

from oslo_config import cfg

GROUP = "availability_zones"

OPTS = [
    cfg.DictOpt(
        "zones",
        default={"kr-central-2-a": "nova"},
        help="Zone names that clients use and the Nova and Cinder availability zone behind each, "
        "as name:zone pairs. Official clients know kr-central-2-a, kr-central-2-b and "
        "kr-central-2-c. Where two names share a zone, answers carry the first.",
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Teach ``conf`` this group."""
    conf.register_opts(OPTS, GROUP)
