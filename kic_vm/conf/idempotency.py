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
    cfg.IntOpt(
        "running_time",
        default=300,
        min=10,
        help="Seconds after which a request with an Idempotency-Key that has not ended is taken "
        "for lost, as when its gateway was killed, and a retry runs. Longer than a request takes.",
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Teach ``conf`` this group."""
    conf.register_opts(OPTS, GROUP)
