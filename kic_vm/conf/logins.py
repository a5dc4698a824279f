# SPDX-License-Identifier: Apache-2.0
"""The logins of the gateway's own users, as [service_user] and [keystone_authtoken] describe them.

keystoneauth reads these sections when it logs in. The checks here report a wrong section at start.
"""

import functools
import urllib.parse
from importlib.metadata import entry_points
from typing import Final

from keystoneauth1 import discover, loading
from keystoneauth1 import exceptions as ksa_exceptions
from keystoneauth1.identity.base import BaseIdentityPlugin
from oslo_config import cfg

from kic_vm.conf import service_user, upstreams, values

AUTHTOKEN: Final = "keystone_authtoken"
GROUPS: Final = (service_user.GROUP, AUTHTOKEN)
_PASSWORD_TYPES: Final = frozenset({"password", "v3password"})
_PLUGINS: Final = "keystoneauth1.plugin"
_USUAL_TYPES: Final = "password or v3applicationcredential"


def check(conf: cfg.ConfigOpts) -> None:
    """Check that the gateway can try to log in with each section.

    :raises oslo_config.cfg.Error: an option is missing or wrong; the error names it
    """
    for group in GROUPS:
        load(conf, group)
    _check_validation(conf)


def load(conf: cfg.ConfigOpts, group: str) -> BaseIdentityPlugin:
    """The authentication plugin of a section.

    :raises oslo_config.cfg.Error: an option is missing or wrong; the error names it
    """
    section = section_of(conf, group)
    plugin_options(conf, group)
    try:
        plugin = loading.load_auth_from_conf_options(conf, group)
    except ksa_exceptions.MissingRequiredOptions as error:
        missing = ", ".join(option.dest for option in error.options)
        raise _wrong(section, missing, "a value is required to log in to Keystone") from error
    except ksa_exceptions.ClientException as error:
        raise _wrong(section, "auth_type", str(error)) from error
    if plugin is None:
        raise _wrong(
            section,
            "auth_type",
            f"a value is required to log in to Keystone: set it to {_USUAL_TYPES}",
        )
    if not isinstance(plugin, BaseIdentityPlugin):
        raise _wrong(
            section,
            "auth_type",
            f"'{conf[section].auth_type}' does not log in to Keystone: use {_USUAL_TYPES}",
        )
    _check_values(conf, section)
    return plugin


def section_of(conf: cfg.ConfigOpts, group: str) -> str:
    """The section with a group's login: the group itself, or the one that auth_section names."""
    section: str = conf[group].auth_section or group
    loading.register_auth_conf_options(conf, group)  # also those of the other section
    return section


def plugin_options(conf: cfg.ConfigOpts, group: str) -> list[cfg.Opt]:
    """The options of the authentication plugin that ``auth_type`` names, with checked values.

    :raises oslo_config.cfg.Error: there is no such plugin, or a value is not valid
    """
    section = section_of(conf, group)
    auth_type = conf[section].auth_type
    if not auth_type:
        return []
    # keystoneauth would also write a line of its own to the log.
    if auth_type not in _plugin_types():
        raise _wrong(section, "auth_type", f"there is no type '{auth_type}': use {_USUAL_TYPES}")
    options: list[cfg.Opt] = loading.get_auth_plugin_conf_options(auth_type)
    conf.register_opts(options, section)
    values.check_group(conf, section)
    return options


@functools.cache
def _plugin_types() -> frozenset[str]:
    """The names of the installed plugins; a search reads a file of each installed package."""
    return frozenset(entry_points(group=_PLUGINS).names)


def _check_values(conf: cfg.ConfigOpts, section: str) -> None:
    options = conf[section]
    url = urllib.parse.urlsplit(options.auth_url)
    if url.scheme not in {"http", "https"} or not url.netloc:
        raise _wrong(section, "auth_url", "it must be a URL that begins with http:// or https://")
    if options.auth_type in _PASSWORD_TYPES:
        if not (options.username or options.user_id):
            raise _wrong(section, "username", "a value is required to log in to Keystone")
        if not options.password:
            raise _wrong(section, "password", "a value is required to log in to Keystone")


def _check_validation(conf: cfg.ConfigOpts) -> None:
    """Check how keystonemiddleware finds Keystone to validate tokens."""
    options = conf[AUTHTOKEN]
    if options.auth_version is not None:
        try:
            discover.normalize_version_number(options.auth_version)
        except TypeError as error:
            raise _wrong(AUTHTOKEN, "auth_version", "it must be a version such as v3") from error
    if options.interface not in upstreams.INTERFACES:
        raise _wrong(AUTHTOKEN, "interface", f"it must be one of {', '.join(upstreams.INTERFACES)}")


def _wrong(section: str, option: str, problem: str) -> cfg.ConfigFileValueError:
    return cfg.ConfigFileValueError(f"[{section}] {option}: {problem}")
