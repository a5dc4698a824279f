# SPDX-License-Identifier: Apache-2.0
"""How long a call to OpenStack may take: for all services, and for one of them."""

from oslo_config import cfg

CONNECT_SECONDS = 5.0
FIRST_BYTE_SECONDS = 30.0
CALL_SECONDS = 60.0

_CONNECT = "Seconds that connecting may take, TLS included."
_FIRST_BYTE = "Seconds that may pass before the first byte of an answer."
_CALL = "Seconds that one call may take, to the last byte of its answer."


def general_opts() -> list[cfg.Opt]:
    """The limits for all services; keystoneauth has ``timeout`` itself."""
    return [
        cfg.FloatOpt("connect_timeout", default=CONNECT_SECONDS, min=0.001, help=_CONNECT),
        cfg.FloatOpt("first_byte_timeout", default=FIRST_BYTE_SECONDS, min=0.001, help=_FIRST_BYTE),
    ]


def help_of_timeout() -> str:
    """What ``timeout`` means here."""
    return _CALL


def service_opts() -> list[cfg.Opt]:
    """The limits for one service."""
    unset = "Unset: as in [service_user]."
    return [
        cfg.FloatOpt("connect_timeout", min=0.001, help=f"{_CONNECT} {unset}"),
        cfg.FloatOpt("first_byte_timeout", min=0.001, help=f"{_FIRST_BYTE} {unset}"),
        cfg.FloatOpt("timeout", min=0.001, help=f"{_CALL} {unset}"),
    ]
