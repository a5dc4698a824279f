"""[service_user]: the gateway's own OpenStack user."""

from keystoneauth1 import loading
from oslo_config import cfg

GROUP = "service_user"

OPTS = [
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
        help="Connections that one process keeps open to each OpenStack service.",
    ),
]


def list_opts() -> list[cfg.Opt]:
    """This group with keystoneauth's session and password options, for the sample file."""
    return [
        *OPTS,
        *loading.get_session_conf_options(),
        *loading.get_auth_common_conf_options(),
        *loading.get_auth_plugin_conf_options("password"),
    ]


def register(conf: cfg.ConfigOpts) -> None:
    """Teach ``conf`` this group."""
    conf.register_opts(OPTS, GROUP)
    loading.register_session_conf_options(conf, GROUP)
    loading.register_auth_conf_options(conf, GROUP)
    # keystoneauth waits for ever unless it is told otherwise.
    conf.set_default("timeout", 60, GROUP)
