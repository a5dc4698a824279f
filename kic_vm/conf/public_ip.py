# SPDX-License-Identifier: Apache-2.0
"""[public_ip]: the external network of public IPs."""

from oslo_config import cfg

GROUP = "public_ip"

OPTS = [
    cfg.StrOpt(
        "network",
        help="""
Name or id of the external network for new public IPs. If unset, the gateway uses the cloud's
default external network, or its only one.
""",
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Register this group."""
    conf.register_opts(OPTS, GROUP)
