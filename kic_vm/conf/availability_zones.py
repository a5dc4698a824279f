# SPDX-License-Identifier: Apache-2.0
"""[availability_zones]: the clients' zone names and the cloud's."""

from oslo_config import cfg

GROUP = "availability_zones"

OPTS = [
    cfg.DictOpt(
        "zones",
        default={"kr-central-2-a": "nova"},
        help="Zone names that clients use, each with its Nova and Cinder availability zone, as "
        "name:zone pairs. The official clients know kr-central-2-a, kr-central-2-b and "
        "kr-central-2-c. If two names share a zone, responses contain the first one.",
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Register this group."""
    conf.register_opts(OPTS, GROUP)
