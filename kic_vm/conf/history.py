# SPDX-License-Identifier: Apache-2.0
"""[history]: the follower of the state changes of the whole cloud, and the event feed."""

from oslo_config import cfg

from kic_vm.conf.transport_url import TransportUrl

GROUP = "history"

OPTS = [
    cfg.BoolOpt(
        "follow",
        default=True,
        help="Follow the state changes of all instances and volumes with kic-vm-worker, for the "
        "event feed and the history of instances. This needs [redis] url.",
    ),
    cfg.Opt(
        "transport_url",
        type=TransportUrl(),
        secret=True,
        help="URL of the message bus of Nova and Cinder, as in their transport_url. With it, "
        "kic-vm-worker receives their notifications, and the feed shows each change within a "
        "second. Without it, the worker reads recent changes every [history] interval seconds. "
        "This needs the package oslo.messaging: pip install kic-vm[notifications]",
    ),
    cfg.ListOpt(
        "topics",
        default=["kic_vm"],
        help="Topics of the notifications, as in [notifications] versioned_notifications_topics "
        "of Nova and in [oslo_messaging_notifications] topics of Cinder. No other consumer may use "
        "these topics.",
    ),
    cfg.FloatOpt(
        "interval",
        default=2.0,
        min=1.0,
        help="Interval in seconds at which kic-vm-worker reads recent changes: usually three calls "
        "to Nova and Cinder for the whole cloud. If several workers share a Redis, only one of "
        "them does this.",
    ),
    cfg.FloatOpt(
        "full_interval",
        default=600.0,
        min=10.0,
        help="Interval in seconds at which kic-vm-worker lists all instances and volumes, to find "
        "missed changes.",
    ),
    cfg.FloatOpt(
        "gap_after",
        default=30.0,
        min=5.0,
        help="Time in seconds without a worker that follows the changes, after which the feed gets "
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
        help="Maximum number of requests of one process that wait for new events. Further "
        "requests are answered immediately. A waiting request holds a connection, but no thread; "
        "see [api] max_connections.",
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Register this group."""
    conf.register_opts(OPTS, GROUP)
