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
        default=60,
        min=1,
        help="Time in seconds that requests in progress have to finish when the server stops.",
    ),
    cfg.IntOpt(
        "keep_alive",
        default=75,
        min=0,
        help="Time in seconds that an idle client connection stays open.",
    ),
    cfg.URIOpt(
        "public_url",
        schemes=["http", "https"],
        help="Base URL by which clients reach the gateway, without a trailing slash. The client "
        "configuration returns it as the endpoint of every service. If unset, the gateway returns "
        "the URL of the client's own request. Behind a proxy that sets X-Forwarded-* or "
        "Forwarded, this needs [oslo_middleware] enable_proxy_headers_parsing.",
    ),
    cfg.StrOpt("region", default="kr-central-2", help="Region name that clients see."),
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
