# SPDX-License-Identifier: Apache-2.0
"""[keypairs]: the index of each project's keypairs."""

from oslo_config import cfg

GROUP = "keypairs"

OPTS = [
    cfg.IntOpt(
        "index_time",
        default=300,
        min=1,
        help="Time in seconds for which the gateway trusts its index of a project's keypairs. A "
        "keypair that is created or deleted through the gateway updates the index at once, also "
        "for other gateways that share the Redis. A keypair that is created or deleted directly "
        "in Nova is noticed after this time at the latest.",
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Register this group."""
    conf.register_opts(OPTS, GROUP)
