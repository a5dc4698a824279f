# SPDX-License-Identifier: Apache-2.0
"""[instance]: limits of instance requests."""

from oslo_config import cfg

GROUP = "instance"

OPTS = [
    cfg.IntOpt(
        "max_count",
        default=20,
        min=1,
        help="Maximum number of instances that one request can create.",
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Register this group."""
    conf.register_opts(OPTS, GROUP)
