"""[volume]: what may be asked of volumes."""

from oslo_config import cfg

GROUP = "volume"

OPTS = [
    cfg.IntOpt(
        "max_size_gb",
        default=5120,
        min=1,
        help="Largest volume that can be asked for, in GiB.",
    ),
    cfg.IntOpt(
        "max_windows_size_gb",
        default=2048,
        min=1,
        help="Largest volume that can be made from a Windows image, in GiB.",
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Teach ``conf`` this group."""
    conf.register_opts(OPTS, GROUP)
