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
        help="Send the gateway's own token beside the caller's, so that an operation outlives "
        "the caller's token. The user needs the role `service`.",
    ),
    cfg.IntOpt(
        "pool_size",
        default=64,
        min=1,
        help="Connections that one process keeps open to each OpenStack service for what it "
        "changes there. Reads have their own: each thread keeps up to 16, to all services.",
    ),
    cfg.IntOpt(
        "max_response_body_size",
        default=64 * 2**20,
        min=1,
        help="Largest response body, in bytes after decompression, that is accepted from an "
        "OpenStack service. The gateway stops reading a larger one and answers 502.",
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
    found: list[cfg.Opt] = loading.get_session_conf_options()
    for opt in found:
        if opt.dest == "timeout":
            opt.default = time_limits.CALL_SECONDS  # keystoneauth's own is to wait for ever
            opt.help = time_limits.help_of_timeout()
    return found


def register(conf: cfg.ConfigOpts) -> None:
    """Teach ``conf`` this group."""
    conf.register_opts(OPTS, GROUP)
    conf.register_opts(_session_options(), GROUP)
    loading.register_auth_conf_options(conf, GROUP)
