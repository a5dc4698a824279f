# SPDX-License-Identifier: Apache-2.0
"""[keystone] [nova] [cinder] [glance] [neutron]: how the gateway reaches each service."""

from keystoneauth1 import loading
from oslo_config import cfg

from kic_vm.conf import time_limits

# Group (the OpenStack project's name) and its type in the service catalog.
GROUPS = {
    "keystone": "identity",
    "nova": "compute",
    "cinder": "block-storage",
    "glance": "image",
    "neutron": "network",
}


def adapter_opts(group: str) -> list[cfg.Opt]:
    """keystoneauth's adapter options, with the group's service type as default."""
    options: list[cfg.Opt] = loading.get_adapter_conf_options(include_deprecated=False)
    for opt in options:
        if opt.dest == "service_type":
            opt.default = GROUPS[group]
    return [*options, *time_limits.service_opts()]


def register(conf: cfg.ConfigOpts) -> None:
    """Register these groups."""
    for group in GROUPS:
        conf.register_opts(adapter_opts(group), group)
