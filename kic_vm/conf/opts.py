# SPDX-License-Identifier: Apache-2.0
"""All option groups: registration, and the list for the sample configuration."""

from collections.abc import Iterable

from keystoneauth1 import loading
from keystonemiddleware.auth_token import _opts as auth_token_opts  # there is no public name
from oslo_config import cfg
from oslo_log import log
from oslo_middleware import cors
from oslo_middleware import opts as middleware_opts
from oslo_policy import opts as policy_opts

from kic_vm.conf import (
    api,
    audit,
    availability_zones,
    flavors,
    history,
    idempotency,
    instance,
    keypairs,
    limits,
    logins,
    metrics,
    project_members,
    public_ip,
    redis,
    resize,
    service_user,
    tracing,
    upstreams,
    volume,
    worker,
)

OWN = (
    api,
    audit,
    availability_zones,
    flavors,
    history,
    idempotency,
    instance,
    keypairs,
    limits,
    metrics,
    project_members,
    public_ip,
    redis,
    resize,
    tracing,
    volume,
    worker,
)
MODULES = (*OWN, service_user, upstreams)


def register(conf: cfg.ConfigOpts) -> None:
    """Register every option of the gateway and of the libraries that it uses."""
    log.register_options(conf)
    conf.register_opts(auth_token_opts._OPTS, "keystone_authtoken")  # noqa: SLF001
    loading.register_auth_conf_options(conf, "keystone_authtoken")
    conf.register_opts(cors.CORS_OPTS, "cors")
    # Otherwise these libraries register their options with the first request.
    for option_groups in (
        middleware_opts.list_opts_http_proxy_to_wsgi(),
        middleware_opts.list_opts_sizelimit(),
    ):
        for group, options in option_groups:
            conf.register_opts(options, group)
    for module in MODULES:
        module.register(conf)
    set_defaults(conf)


def set_defaults(conf: cfg.ConfigOpts | None = None) -> None:
    """Set the defaults of the libraries' options that differ in the gateway."""
    # A revoked token is refused after this time at the latest; a validation takes about 5 ms.
    cfg.set_defaults(
        auth_token_opts._OPTS,  # noqa: SLF001
        # What Keystone has revoked is honoured within this time, for some 5 ms a token each time.
        token_cache_time=30,
        # A client that is told at once that Keystone is down can try again by itself.
        http_request_max_retries=0,
    )
    cors.set_defaults(
        allow_headers=[
            "X-Auth-Token",
            "X-Openstack-Request-Id",
            "Idempotency-Key",
            "If-None-Match",
            "Cache-Control",
            "Last-Event-ID",
            "traceparent",
            "tracestate",
        ],
        expose_headers=[
            "X-Subject-Token",
            "X-Openstack-Request-Id",
            "Idempotency-Replayed",
            "Retry-After",
            "ETag",
            "Age",
            "RateLimit",
            "RateLimit-Policy",
        ],
        allow_methods=["GET", "PUT", "POST", "DELETE"],
    )
    if conf is not None:
        policy_opts.set_defaults(conf, policy_file="policy.yaml")


def list_opts() -> list[tuple[str, Iterable[cfg.Opt]]]:
    """The options that oslo-config-generator lists for the gateway."""
    return [*own_opts(), *audit.middleware_opts()]


def own_opts() -> list[tuple[str, Iterable[cfg.Opt]]]:
    """The options of the gateway itself and of its logins."""
    groups = [(module.GROUP, module.OPTS) for module in OWN]
    groups.append((service_user.GROUP, service_user.list_opts()))
    # keystonemiddleware lists only its own options, not those of the login.
    groups.append((logins.AUTHTOKEN, loading.get_auth_plugin_conf_options("password")))
    groups.extend((group, upstreams.adapter_opts(group)) for group in upstreams.GROUPS)
    return groups
