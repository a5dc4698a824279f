# SPDX-License-Identifier: Apache-2.0
"""[flavors]: the cache of flavor ids."""

from oslo_config import cfg

GROUP = "flavors"

OPTS = [
    cfg.IntOpt(
        "id_cache_time",
        default=3600,
        min=0,
        help="Time in seconds for which the gateway caches the ids of flavors by their names. "
        "Nova's servers contain the name of their flavor but not its id.",
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Register this group."""
    conf.register_opts(OPTS, GROUP)
