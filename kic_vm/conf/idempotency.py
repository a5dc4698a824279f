"""[idempotency]: how long the gateway knows requests with an Idempotency-Key."""

from oslo_config import cfg

GROUP = "idempotency"

OPTS = [
    cfg.IntOpt(
        "retention",
        default=86400,
        min=60,
        help="Seconds for which the answer to a request with an Idempotency-Key is given again.",
    ),
    cfg.FloatOpt(
        "lease_time",
        default=15.0,
        min=1,
        max=30,
        help="Seconds after its last sign of life for which a process counts as working on a "
        "request with an Idempotency-Key. A process gives a sign of life three times in this time.",
    ),
    cfg.FloatOpt(
        "settle_time",
        default=30.0,
        min=1,
        help="Seconds for which an OpenStack service may still act on a request that it has not "
        "answered. Within this time a retry is answered with what the request has made, or with "
        "409 idempotency_in_progress; only after it may the retry make anything itself.",
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Teach ``conf`` this group."""
    conf.register_opts(OPTS, GROUP)
