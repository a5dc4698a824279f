# SPDX-License-Identifier: Apache-2.0
"""Time limits of calls to each service."""

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from oslo_config import cfg

from kic_vm.conf import service_user, time_limits, upstreams


@dataclasses.dataclass(frozen=True, slots=True)
class TimeLimits:
    """The time limits of one call, in seconds."""

    connect: float = time_limits.CONNECT_SECONDS
    first_byte: float = time_limits.FIRST_BYTE_SECONDS
    total: float = time_limits.CALL_SECONDS


DEFAULT: Final = TimeLimits()
NONE_SET: Final[Mapping[str, TimeLimits]] = MappingProxyType({})


def load(conf: cfg.ConfigOpts) -> dict[str, TimeLimits]:
    """The time limits of each service, by the service's type in the service catalog."""
    return {service: _of(conf, group) for group, service in upstreams.GROUPS.items()}


def _of(conf: cfg.ConfigOpts, group: str) -> TimeLimits:
    names = ("connect_timeout", "first_byte_timeout", "timeout")
    general = conf[service_user.GROUP]
    values = [conf[group][name] for name in names]
    return TimeLimits(
        *(
            float(general[name] if value is None else value)
            for name, value in zip(names, values, strict=True)
        )
    )
