"""[keystone] [nova] [cinder] [glance] [neutron]: where and how each service is reached."""

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
    found: list[cfg.Opt] = loading.get_adapter_conf_options(include_deprecated=False)
    for opt in found:
        if opt.dest == "service_type":
            opt.default = GROUPS[group]
    return [*found, *time_limits.service_opts()]


def register(conf: cfg.ConfigOpts) -> None:
    """Teach ``conf`` these groups."""
    for group in GROUPS:
        conf.register_opts(adapter_opts(group), group)
