"""[volume]: what may be asked of volumes."""

from oslo_config import cfg

GROUP = "volume"

OPTS = [
    cfg.IntOpt(
        "max_size_gb",
        default=5120,
        min=1,
        max=16384,
        help="Largest volume that can be asked for, in GiB.",
    ),
    cfg.IntOpt(
        "max_windows_size_gb",
        default=2048,
        min=1,
        help="Largest volume that can be made from a Windows image, in GiB.",
    ),
    cfg.DictOpt(
        "type_names",
        default={},
        help="Names that clients use for Cinder's volume types, as name:type pairs such as "
        "gp2:SSD. A type that is not named here keeps its own name. Where two names share a "
        "type, answers carry the first.",
    ),
    cfg.IntOpt(
        "extend_wait",
        default=10,
        min=0,
        max=60,
        help="Seconds for which the answer to an extension waits until Cinder has done it. The "
        "Terraform provider does not ask again, and takes a volume that still has its old size "
        "for one that has shrunk. 0: answer at once.",
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Teach ``conf`` this group."""
    conf.register_opts(OPTS, GROUP)
