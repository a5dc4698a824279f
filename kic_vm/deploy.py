# SPDX-License-Identifier: Apache-2.0
"""The pipeline, in order, in one place."""

from wsgiref.types import WSGIApplication

from oslo_config import cfg
from oslo_middleware import cors

from kic_vm import app, policies, policy
from kic_vm.adapters import probes
from kic_vm.adapters.cloud import Cloud
from kic_vm.adapters.errors import table as error_table
from kic_vm.api import openapi_completion
from kic_vm.cache.followers import Followers
from kic_vm.cache.memory import MemoryCache
from kic_vm.cache.recent_lists import create_recent_lists
from kic_vm.cache.redis import create_cache
from kic_vm.cache.store import create_store
from kic_vm.cache.two_tier import with_local_cache
from kic_vm.conf import logins
from kic_vm.events import stream as event_stream
from kic_vm.events.hub import EventHub
from kic_vm.history import edges
from kic_vm.lifecycle import commands, table
from kic_vm.mappings.instances import Translation
from kic_vm.mappings.volume_types import VolumeTypes
from kic_vm.mappings.zones import Zones
from kic_vm.middleware.access_log import AccessLog
from kic_vm.middleware.authentication import Authentication
from kic_vm.middleware.body_limit import BodyLimit
from kic_vm.middleware.context import Context
from kic_vm.middleware.faults import Faults
from kic_vm.middleware.idempotency import Idempotency
from kic_vm.middleware.metrics_port import MetricsPort
from kic_vm.middleware.profiler_headers import ProfilerHeaders
from kic_vm.middleware.proxy_headers import ProxyHeaders
from kic_vm.middleware.rate_limits import AddressLimits, CallerLimits, RateLimitHeaders
from kic_vm.middleware.rbac import Rbac
from kic_vm.middleware.request_id import RequestId
from kic_vm.middleware.request_limits import RequestLimits
from kic_vm.middleware.routes import Routing, cover
from kic_vm.middleware.time_limit import TimeLimit
from kic_vm.operations.recent_lists import SERVICES
from kic_vm.operations.request import AppState
from kic_vm.rate_limiter import RateLimiter


def load_app_state(conf: cfg.ConfigOpts, enforcer: policy.Enforcer | None = None) -> AppState:
    """Load the state of a process that serves requests or runs background jobs.

    :param enforcer: the policy rules, if they are loaded already
    :raises oslo_config.cfg.Error: an option or a policy file cannot be used
    :raises DataFileError: a data file of the package is missing or invalid
    """
    logins.check(conf)
    # An invalid table must stop the start, not fail a request.
    edges.load_edges()
    error_table.load_table()
    commands.load_commands()
    shared = create_cache(conf)
    events = event_stream.create(conf)
    cloud = Cloud(conf)
    probes.attach(cloud)
    recent_lists = create_recent_lists(
        conf, Followers(cloud.guards, SERVICES, 2 * conf.service_user.busy_timeout)
    )
    cloud.changing = recent_lists.changing
    if events is not None:
        events.on_write = recent_lists.drop
    return AppState(
        conf=conf,
        cloud=cloud,
        cache=shared,
        local_cache=with_local_cache(shared),
        read_hints=MemoryCache(conf.redis.memory_entries),
        recent_lists=recent_lists,
        translation=Translation(
            table.load_tables(),
            Zones(conf.availability_zones.zones),
            VolumeTypes(conf.volume.type_names),
        ),
        enforcer=enforcer or policy.create_enforcer(conf),
        event_hub=None if events is None else EventHub(events, conf.history.waiting_requests),
    )


def _with_audit(application: WSGIApplication, conf: cfg.ConfigOpts) -> WSGIApplication:
    # Not at the top: this loads oslo.messaging, if it is installed, and takes long.
    from kic_vm.middleware.audit import Audit  # noqa: PLC0415

    return Audit(application, conf)


def _with_traces(application: WSGIApplication, conf: cfg.ConfigOpts) -> WSGIApplication:
    # Not above: OpenTelemetry is optional.
    try:
        from kic_vm.middleware.tracing import Tracing  # noqa: PLC0415
    except ImportError as error:
        raise cfg.ConfigFileValueError(
            f"[tracing] enabled: {error}. Run pip install kic-vm[otel]."
        ) from error
    return Tracing(application, conf)


def load_app(conf: cfg.ConfigOpts, enforcer: policy.Enforcer | None = None) -> WSGIApplication:
    """Load the whole gateway for a configuration.

    :param enforcer: the policy rules, if they are loaded already
    :raises oslo_config.cfg.Error: an option or a policy file cannot be used
    :raises RouteError: a route has no rule or a rule has no route
    :raises DataFileError: a data file of the package is missing or invalid
    """
    app_state = load_app_state(conf, enforcer)
    openapi_completion.field_meanings()
    flask_app = app.create_app(app_state)
    operations = cover(flask_app.url_map, policies.guarding_rules())

    limiter = RateLimiter(conf)
    is_behind_proxy = conf.oslo_middleware.enable_proxy_headers_parsing

    # Innermost first: a request passes the layers from the last to the first.
    pipeline: WSGIApplication = flask_app
    for layer in (
        # Below Rbac: a caller without the right to an operation gets no stored response of it.
        lambda inner: Idempotency(inner, create_store(conf), conf),
        lambda inner: Rbac(inner, app_state.enforcer),
        lambda inner: CallerLimits(inner, conf, limiter),
        Context,
        lambda inner: Authentication(inner, conf, app_state.local_cache, app_state.cloud),
        # Before Authentication, so that a flood does not cause validations of tokens.
        lambda inner: AddressLimits(inner, conf, limiter),
        lambda inner: Routing(inner, flask_app.url_map, operations),
        lambda inner: BodyLimit(inner, conf),
        RequestLimits,
        Faults,
        # Outside of Faults, so that it sees the status of a refusal.
        lambda inner: _with_audit(inner, conf) if conf.audit.enabled else inner,
        RateLimitHeaders,
        # Above Faults, so that browsers may read errors too. It answers every OPTIONS with 200.
        lambda inner: cors.CORS(inner, conf) if conf.cors.allowed_origin else inner,
        lambda inner: TimeLimit(inner, conf.api.request_timeout),
        AccessLog,
        lambda inner: ProfilerHeaders(inner) if conf.tracing.pass_osprofiler_headers else inner,
        lambda inner: _with_traces(inner, conf) if conf.tracing.enabled else inner,
        # Above the traces: their spans have the request id.
        RequestId,
        # Restores the client's address and URL from the proxy's headers.
        lambda inner: ProxyHeaders(inner, conf) if is_behind_proxy else inner,
        lambda inner: MetricsPort(inner, conf.metrics.port) if conf.metrics.port else inner,
    ):
        pipeline = layer(pipeline)
    return pipeline
