# SPDX-License-Identifier: Apache-2.0
"""[api]: the server, and the addresses that it returns to clients."""

from oslo_config import cfg

GROUP = "api"

OPTS = [
    cfg.HostAddressOpt("host", default="127.0.0.1", help="Address to listen on."),
    cfg.PortOpt("port", default=8788, help="Port to listen on."),
    cfg.IntOpt("workers", default=2, min=1, help="Number of processes that serve requests."),
    cfg.IntOpt(
        "threads", default=32, min=1, help="Number of requests that one process serves at a time."
    ),
    cfg.IntOpt(
        "graceful_timeout",
        default=95,
        min=1,
        help="Time in seconds that requests in progress have to finish when the server stops. Set "
        "it to more than request_timeout, so that no request is interrupted.",
    ),
    cfg.IntOpt(
        "keep_alive",
        default=75,
        min=0,
        help="Time in seconds that an idle client connection stays open.",
    ),
    cfg.FloatOpt(
        "head_timeout",
        default=10.0,
        min=0.1,
        help="Seconds in which the request line and the headers of a request must arrive, counted "
        "from their first byte, or from the start of a new connection.",
    ),
    cfg.FloatOpt(
        "body_timeout",
        default=10.0,
        min=0.1,
        help="Seconds in which the body of a request must arrive, and in which the client must "
        "receive the answer. Every minimum_rate bytes that are transferred add one second.",
    ),
    cfg.IntOpt(
        "minimum_rate",
        default=500,
        min=1,
        help="Bytes per second that a client must send of a body, or receive of an answer, once "
        "body_timeout is over.",
    ),
    cfg.IntOpt(
        "max_connections",
        default=4096,
        min=1,
        help="Client connections that one process keeps open. For one more, the process closes "
        "the connection that has waited longest for its client. The limit on open files of the "
        "process (ulimit -n, LimitNOFILE) must leave room for connections to other services.",
    ),
    cfg.URIOpt(
        "public_url",
        schemes=["http", "https"],
        help="Base URL by which clients reach the gateway, without a trailing slash. The client "
        "configuration returns it as the endpoint of every service. If unset, the gateway returns "
        "the URL of the client's own request. Behind a proxy that sets the X-Forwarded headers, "
        "this needs [oslo_middleware] enable_proxy_headers_parsing.",
    ),
    cfg.StrOpt("region", default="kr-central-2", help="Region name that clients see."),
    cfg.BoolOpt(
        "docs",
        default=True,
        help="Serve GET /docs: the API to read and to try in the browser.",
    ),
    cfg.FloatOpt(
        "request_timeout",
        default=90.0,
        min=1,
        help="Seconds within which every request is answered. The calls to OpenStack that are "
        "made for it, token validation included, end by then; the answer is 504 and names the "
        "service that was waited for.",
    ),
    cfg.IntOpt(
        "max_age",
        default=30,
        min=0,
        max=3600,
        help="Maximum age in seconds of a response whose client accepts an age (Cache-Control: "
        "max-age). The gateway may build such a response from a list that was fetched earlier for "
        "the same project and roles. Without the header, every response is fresh. Gateways share "
        "the lists through Redis, and a write through any of them ends their use. Without Redis, "
        "or while it is unavailable, each of several processes uses its own lists, for one second "
        "at most. 0 turns this off.",
    ),
    cfg.IntOpt(
        "max_age_followed",
        default=300,
        min=0,
        max=3600,
        help="Maximum age in seconds while a worker follows the changes of the cloud. Then every "
        "change of an instance or a volume ends the use of the lists of its project. A value below "
        "max_age has no effect.",
    ),
    cfg.IntOpt(
        "max_age_memory",
        default=256,
        min=1,
        help="Maximum size in MiB of the recent lists of one process: the size of the lists and of "
        "their pages as JSON, and 1 KiB for each list and for each page. The process takes up to "
        "2.5 times as much memory for them.",
    ),
    cfg.FloatOpt(
        "readiness_cache_time",
        default=2.0,
        min=0,
        help="Time in seconds for which GET /readiness returns the same result, so that frequent "
        "requests do not load the OpenStack services.",
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Register this group."""
    conf.register_opts(OPTS, GROUP)
