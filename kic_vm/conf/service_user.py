# SPDX-License-Identifier: Apache-2.0
"""[service_user]: the gateway's own OpenStack user."""

from keystoneauth1 import loading
from oslo_config import cfg

from kic_vm.conf import isolation, time_limits

GROUP = "service_user"

OPTS = [
    *time_limits.general_opts(),
    *isolation.OPTS,
    cfg.BoolOpt(
        "send_service_user_token",
        default=True,
        help="Send the gateway's own token with the caller's, so that an operation can finish "
        "after the caller's token has expired. The user needs the `service` role.",
    ),
    cfg.IntOpt(
        "pool_size",
        default=64,
        min=1,
        help="Number of connections that one process keeps open to each OpenStack service for "
        "writes. Reads have their own connections: up to 16 per thread, to all services.",
    ),
    cfg.IntOpt(
        "max_response_body_size",
        default=64 * 2**20,
        min=1,
        help="Maximum size in bytes, after decompression, of a response body from an OpenStack "
        "service. The gateway stops reading a larger one and returns 502.",
    ),
]


def list_opts() -> list[cfg.Opt]:
    """This group with keystoneauth's session and password options, for the sample file."""
    return [
        *OPTS,
        *_session_options(),
        *loading.get_auth_common_conf_options(),
        *loading.get_auth_plugin_conf_options("password"),
    ]


def _session_options() -> list[cfg.Opt]:
    options: list[cfg.Opt] = loading.get_session_conf_options()
    for opt in options:
        if opt.dest == "timeout":
            opt.default = time_limits.CALL_SECONDS  # keystoneauth's own is to wait for ever
            opt.help = time_limits.help_of_timeout()
    return options


def register(conf: cfg.ConfigOpts) -> None:
    """Register this group."""
    conf.register_opts(OPTS, GROUP)
    conf.register_opts(_session_options(), GROUP)
    loading.register_auth_conf_options(conf, GROUP)
