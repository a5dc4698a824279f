# SPDX-License-Identifier: Apache-2.0
"""Send spans to a collector by OTLP, in a thread of its own.

A request only puts its spans into a queue. If the collector is slow or cannot be reached, the queue
fills up and drops spans; no request waits for it.
"""

from typing import Final

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http import trace_exporter
from opentelemetry.sdk import trace as sdk
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import export, sampling
from oslo_config import cfg

from kic_vm.version import version

_QUEUE: Final = 4096
# A stopping process sends the whole queue, in at most two requests.
_BATCH: Final = 2048
_INTERVAL_MILLISECONDS: Final = 1000
# With attempts that are repeated. It also limits how long a stopping process waits.
_TIMEOUT_SECONDS: Final = 3


def create_tracer(conf: cfg.ConfigOpts) -> trace.Tracer:
    """Start the thread that sends spans, and return the tracer that makes them.

    Threads do not survive a fork: call this in the process that serves requests.
    """
    options = conf.tracing
    provider = sdk.TracerProvider(
        sampler=sampling.ParentBased(sampling.TraceIdRatioBased(options.sample_ratio)),
        resource=Resource.create({SERVICE_NAME: options.service_name, SERVICE_VERSION: version()}),
    )
    exporter = trace_exporter.OTLPSpanExporter(options.endpoint, timeout=_TIMEOUT_SECONDS)
    provider.add_span_processor(
        export.BatchSpanProcessor(
            exporter,
            max_queue_size=_QUEUE,
            max_export_batch_size=_BATCH,
            schedule_delay_millis=_INTERVAL_MILLISECONDS,
        )
    )
    return provider.get_tracer("kic_vm", version())
