# SPDX-License-Identifier: Apache-2.0
"""[metrics]: metrics for Prometheus."""

from oslo_config import cfg

GROUP = "metrics"

OPTS = [
    cfg.HostAddressOpt(
        "host",
        default="127.0.0.1",
        help="Address to serve metrics on. Every client that reaches it can read them without a "
        "token.",
    ),
    cfg.PortOpt(
        "port",
        help="Port on which kic-vm-api serves only GET /metrics, for all of its processes "
        "together. If unset, it serves no metrics.",
    ),
    cfg.PortOpt(
        "worker_port",
        help="Port on which kic-vm-worker serves GET /metrics. If unset, it serves no metrics.",
    ),
    cfg.IntOpt(
        "instances_interval",
        default=60,
        min=0,
        help="Interval in seconds at which kic-vm-worker counts all instances by documented "
        "state, if it serves metrics; 0 disables the count. A count costs one call to Nova for "
        "each thousand instances in the cloud.",
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Register this group."""
    conf.register_opts(OPTS, GROUP)
