# SPDX-License-Identifier: Apache-2.0
"""[idempotency]: requests with an Idempotency-Key."""

from oslo_config import cfg

GROUP = "idempotency"

OPTS = [
    cfg.IntOpt(
        "retention",
        default=86400,
        min=60,
        help="Time in seconds for which a retry with the same Idempotency-Key gets the stored "
        "response.",
    ),
    cfg.FloatOpt(
        "lease_time",
        default=9.0,
        min=1,
        max=30,
        help="Duration in seconds of the lease that a process holds while it works on a request "
        "with an Idempotency-Key. The process renews the lease three times within this time.",
    ),
    cfg.FloatOpt(
        "settle_time",
        default=30.0,
        min=1,
        help="Time in seconds for which an OpenStack service may still process a request that it "
        "has not answered. Within this time, a retry gets the resources that the request has "
        "created, or 409 idempotency_in_progress. Only after this time does a retry create "
        "anything itself.",
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Register this group."""
    conf.register_opts(OPTS, GROUP)
