# SPDX-License-Identifier: Apache-2.0
"""[volume]: limits and names of volumes."""

from oslo_config import cfg

GROUP = "volume"

OPTS = [
    cfg.IntOpt(
        "max_size_gb",
        default=5120,
        min=1,
        max=16384,
        help="Maximum size of a volume in GiB.",
    ),
    cfg.IntOpt(
        "max_windows_size_gb",
        default=2048,
        min=1,
        help="Maximum size in GiB of a volume created from a Windows image.",
    ),
    cfg.DictOpt(
        "type_names",
        default={},
        help="Names that clients use for Cinder's volume types, as name:type pairs such as "
        "gp2:SSD. A type that is not listed keeps its own name. If two names share a type, "
        "responses contain the first one.",
    ),
    cfg.IntOpt(
        "extend_wait",
        default=10,
        min=0,
        max=60,
        help="Maximum time in seconds that the gateway waits for Cinder to extend a volume before "
        "it responds. The Terraform provider does not poll, and treats a volume that still has "
        "its old size as shrunk. With 0 the gateway responds at once.",
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Register this group."""
    conf.register_opts(OPTS, GROUP)
