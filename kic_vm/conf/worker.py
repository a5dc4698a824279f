# SPDX-License-Identifier: Apache-2.0
"""[worker]: the jobs of kic-vm-worker and their intervals."""

from oslo_config import cfg

GROUP = "worker"

OPTS = [
    cfg.FloatOpt(
        "interval",
        default=10.0,
        min=0.1,
        help="Time in seconds that kic-vm-worker waits after each round.",
    ),
    cfg.IntOpt(
        "keypairs_interval",
        default=240,
        min=0,
        help="Interval in seconds at which kic-vm-worker rebuilds the keypair indexes of all "
        "projects and deletes the copies of deleted keypairs; 0 disables it. With an interval "
        "below [keypairs] index_time, no request has to wait for an index. Each time, it costs "
        "one call to Nova for each user of the cloud. Only one of several workers that share a "
        "Redis does it.",
    ),
    cfg.IntOpt(
        "port_grace_time",
        default=3600,
        min=0,
        help="Time in seconds for which kic-vm-worker keeps a port that the gateway created and "
        "that never had an instance. Set it to more than the longest time for which a request may "
        "be queued before Nova's API. It is also the interval at which the worker asks Nova about "
        "the instance of an attached port. For a detached port, the interval is at most 60 "
        "seconds.",
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Register this group."""
    conf.register_opts(OPTS, GROUP)
