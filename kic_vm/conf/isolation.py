# SPDX-License-Identifier: Apache-2.0
"""What keeps one OpenStack service that hangs or is down from stopping work with the others."""

from oslo_config import cfg

OPTS = [
    cfg.FloatOpt(
        "thread_share",
        default=0.5,
        min=0.01,
        max=1,
        help="Share of [api] threads whose requests may wait for one OpenStack service at a time. "
        "Others wait for a place, up to busy_timeout; while no place becomes free, only a "
        "quarter as many can wait. Requests without a place get 503 upstream_busy.",
    ),
    cfg.FloatOpt(
        "busy_timeout",
        default=1.0,
        min=0,
        max=10,
        help="Seconds that a request waits for a place before it is answered with 503 "
        "upstream_busy.",
    ),
    cfg.IntOpt(
        "circuit_failures",
        default=5,
        min=0,
        help="Calls to one OpenStack service in a row, of one process, without an answer or with "
        "502, 503 or 504, after which the gateway asks the service a question of its own. Without "
        "an answer to that, the service is taken to be down: calls to it fail at once. 0: never.",
    ),
    cfg.FloatOpt(
        "circuit_pause",
        default=5.0,
        min=0.1,
        help="Seconds after which a service that is taken to be down is asked again.",
    ),
]
