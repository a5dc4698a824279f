# SPDX-License-Identifier: Apache-2.0
"""[keystone] [nova] [cinder] [glance] [neutron]: how the gateway reaches each service."""

import urllib.parse
from typing import Final

from keystoneauth1 import discover, loading
from keystoneauth1.loading import adapter
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
INTERFACES: Final = ("public", "internal", "admin")
"""The interfaces of the service catalog."""
_VERSIONS: Final = ("version", "min_version", "max_version")


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


def check(conf: cfg.ConfigOpts) -> None:
    """Check what keystoneauth would notice only when a service is called.

    :raises oslo_config.cfg.Error: an option cannot be used; the error names it
    """
    for group in GROUPS:
        options = conf[group]
        for name in _VERSIONS:
            _check_version(group, name, options[name])
        try:
            adapter.process_conf_options(options, {})
        except TypeError as error:
            raise cfg.ConfigFileValueError(f"[{group}] {error}") from error
        if options.endpoint_override:
            url = urllib.parse.urlsplit(options.endpoint_override)
            if url.scheme not in {"http", "https"} or not url.netloc:
                raise cfg.ConfigFileValueError(
                    f"[{group}] endpoint_override: it must be a URL that begins with http:// or "
                    "https://"
                )


def _check_version(group: str, name: str, version: str | None) -> None:
    if not version or version == "latest":
        return
    try:
        discover.normalize_version_number(version)
    except TypeError as error:
        raise cfg.ConfigFileValueError(
            f"[{group}] {name}: it must be a version such as 3 or latest"
        ) from error
