# SPDX-License-Identifier: Apache-2.0
"""[audit]: the audit trail."""

from oslo_config import cfg

GROUP = "audit"

OPTS = [
    cfg.BoolOpt(
        "enabled",
        default=False,
        help="Write a CADF event for each request that changes something: who did what to which "
        "resource, with what outcome. [audit_middleware_notifications] sends the events with "
        "oslo.messaging instead of writing them to the log.",
    ),
    cfg.BoolOpt(
        "reads",
        default=False,
        help="Also write events for requests that only read. Requests to public operations, for "
        "example health checks, are excluded.",
    ),
    cfg.StrOpt(
        "map_file",
        default="audit_map.conf",
        help="File that maps the paths of the API to actions and types of resources. A relative "
        "path is looked up in the configuration directories.",
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Register this group."""
    conf.register_opts(OPTS, GROUP)


def middleware_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """The options of keystonemiddleware's audit filter, for oslo-config-generator.

    Events go to the log by default: oslo.messaging needs a message broker.
    """
    # Not at the top: this loads oslo.messaging, if it is installed, and takes long.
    from keystonemiddleware import audit  # noqa: PLC0415

    cfg.set_defaults(audit._AUDIT_OPTS, use_oslo_messaging=False)  # noqa: SLF001
    options: list[tuple[str, list[cfg.Opt]]] = audit.list_opts()
    return options
