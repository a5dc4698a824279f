# SPDX-License-Identifier: Apache-2.0
"""[history]: following the state changes of the whole cloud, and the feed of them."""

from oslo_config import cfg

GROUP = "history"

OPTS = [
    cfg.BoolOpt(
        "follow",
        default=True,
        help="Whether kic-vm-worker follows the state changes of all instances and volumes, for "
        "the event feed. It needs [redis] url.",
    ),
    cfg.StrOpt(
        "transport_url",
        secret=True,
        help="URL of the message bus of Nova and Cinder, as in their transport_url. With it, "
        "kic-vm-worker receives their notifications, and the feed shows each change within a "
        "second. Without it, the worker reads recent changes every [history] interval. It needs "
        "the package oslo.messaging: pip install kic-vm[notifications]",
    ),
    cfg.ListOpt(
        "topics",
        default=["kic_vm"],
        help="Topics of the notifications. No other consumer may use them: Nova has them in "
        "[notifications] versioned_notifications_topics, Cinder in "
        "[oslo_messaging_notifications] topics.",
    ),
    cfg.FloatOpt(
        "interval",
        default=2.0,
        min=1.0,
        help="Interval in seconds at which kic-vm-worker reads the recent changes without "
        "notifications: at most three calls to Nova and Cinder for the whole cloud, usually. Only "
        "one of several workers that share a Redis does it.",
    ),
    cfg.FloatOpt(
        "full_interval",
        default=600.0,
        min=10.0,
        help="Interval in seconds at which kic-vm-worker lists all instances and volumes, to find "
        "changes that it has missed.",
    ),
    cfg.FloatOpt(
        "gap_after",
        default=30.0,
        min=5.0,
        help="If no worker has followed the cloud for this time in seconds, the feed says so with "
        "an event of the type gap.",
    ),
    cfg.IntOpt(
        "stream_length",
        default=10000,
        min=10,
        help="Maximum number of events that Redis keeps for each project.",
    ),
    cfg.IntOpt(
        "stream_hours",
        default=48,
        min=1,
        help="Time in hours for which Redis keeps the events.",
    ),
    cfg.IntOpt(
        "waiting_requests",
        default=1000,
        min=0,
        help="Maximum number of requests of one process that wait for new events. Further ones "
        "are answered immediately. A waiting request holds a connection, but no thread; see [api] "
        "max_connections.",
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Register this group."""
    conf.register_opts(OPTS, GROUP)
