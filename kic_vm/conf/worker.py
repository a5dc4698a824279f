"""[worker]: what kic-vm-worker does, and when."""

from oslo_config import cfg

GROUP = "worker"

OPTS = [
    cfg.FloatOpt(
        "interval",
        default=10.0,
        min=0.1,
        help="Seconds that kic-vm-worker waits after each round of work.",
    ),
    cfg.IntOpt(
        "keypairs_interval",
        default=240,
        min=0,
        help="Seconds between two rounds in which kic-vm-worker makes the indexes of all projects' "
        "keypairs anew and removes copies of keypairs that are no more; 0 for never. With less "
        "than [keypairs] index_time no request waits while such an index is made. A round costs a "
        "call to Nova for each user of the cloud. Several workers that share a Redis do it once.",
    ),
    cfg.IntOpt(
        "port_grace_time",
        default=3600,
        min=0,
        help="Seconds for which kic-vm-worker leaves a port that the gateway made and that never "
        "had an instance. Choose more than the longest time for which a request may wait before "
        "Nova's API takes it. It is also the time between two questions to Nova about the same "
        "instance.",
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Teach ``conf`` this group."""
    conf.register_opts(OPTS, GROUP)
