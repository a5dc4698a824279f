"""[metrics]: what Prometheus may read."""

from oslo_config import cfg

GROUP = "metrics"

OPTS = [
    cfg.HostAddressOpt(
        "host",
        default="127.0.0.1",
        help="Address to serve metrics on. Whoever reaches it reads them without a token.",
    ),
    cfg.PortOpt(
        "port",
        help="Port on which kic-vm-api answers GET /metrics, and nothing else, for all its "
        "processes together. Unset: it serves no metrics.",
    ),
    cfg.PortOpt(
        "worker_port",
        help="Port on which kic-vm-worker answers GET /metrics. Unset: it serves none.",
    ),
    cfg.IntOpt(
        "instances_interval",
        default=60,
        min=0,
        help="Seconds between two counts of all instances by documented state, which "
        "kic-vm-worker makes where it serves metrics; 0 for never. A count costs a call to Nova "
        "for each thousand instances of the cloud.",
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Teach ``conf`` this group."""
    conf.register_opts(OPTS, GROUP)
