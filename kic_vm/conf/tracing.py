# SPDX-License-Identifier: Apache-2.0
"""[tracing]: OpenTelemetry traces, and the headers of osprofiler."""

from oslo_config import cfg

GROUP = "tracing"

OPTS = [
    cfg.BoolOpt(
        "enabled",
        default=False,
        help="Record a trace of each request, with a span for the request, for each call to "
        "OpenStack and for each wait, and send it to an OpenTelemetry collector. Needs pip install "
        "kic-vm[otel].",
    ),
    cfg.URIOpt(
        "endpoint",
        schemes=["http", "https"],
        default="http://localhost:4318/v1/traces",
        help="Complete URL at which the collector receives traces by OTLP over HTTP.",
    ),
    cfg.FloatOpt(
        "sample_ratio",
        default=1.0,
        min=0,
        max=1,
        help="Share of the traces that are recorded. It applies to traces that the gateway starts; "
        "for a trace that the client has started, the client decides.",
    ),
    cfg.StrOpt(
        "service_name",
        default="kic-vm",
        help="Name of the gateway in the traces.",
    ),
    cfg.BoolOpt(
        "continue_client_traces",
        default=True,
        help="Continue the trace in the header traceparent of a request. If false, the gateway "
        "starts a new trace with a link to the client's: so clients cannot decide how many traces "
        "are recorded.",
    ),
    cfg.BoolOpt(
        "pass_osprofiler_headers",
        default=False,
        help="Pass the headers X-Trace-Info and X-Trace-HMAC of a request on to the OpenStack "
        "services, so that osprofiler traces the request there. The services check the HMAC. This "
        "does not depend on [tracing] enabled.",
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Register this group."""
    conf.register_opts(OPTS, GROUP)
