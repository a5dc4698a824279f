# SPDX-License-Identifier: Apache-2.0
"""All options that the gateway and its libraries read, and unknown options in files."""

import difflib
import itertools
from collections.abc import Iterable, Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final

from oslo_config import cfg

from kic_vm.conf import audit, logins, opts

# The namespaces of etc/kic-vm/config-generator.conf: the gateway uses their options.
NAMESPACES: Final = (
    "kic_vm",
    "keystonemiddleware.auth_token",
    "oslo.log",
    "oslo.middleware.cors",
    "oslo.middleware.http_proxy_to_wsgi",
    "oslo.middleware.sizelimit",
    "oslo.policy",
)
DEFAULT: Final = "DEFAULT"
# Only the audit trail reads these, with libraries that are not always loaded.
_UNCHECKED: Final = frozenset(
    {
        "audit_middleware_notifications",
        "oslo_messaging_kafka",
        "oslo_messaging_notifications",
        "oslo_messaging_rabbit",
    }
)


def list_all(conf: cfg.ConfigOpts) -> Iterator[tuple[str, Iterable[cfg.Opt]]]:
    """The options of each group; a group can appear more than once.

    :raises oslo_config.cfg.Error: ``auth_type`` names no authentication plugin
    """
    yield from opts.own_opts()
    if conf.audit.enabled:
        yield from audit.middleware_opts()
    for namespace in NAMESPACES[1:]:
        (point,) = entry_points(group="oslo.config.opts", name=namespace)
        for group, listed in point.load()():
            yield str(group or DEFAULT), listed
    for group in logins.GROUPS:
        yield logins.section_of(conf, group), logins.plugin_options(conf, group)


def unknown_options(conf: cfg.ConfigOpts) -> list[str]:
    """A sentence for each unknown option in the configuration files."""
    known: dict[str, set[str]] = {}
    for group, listed in list_all(conf):
        for opt in listed:
            known.setdefault(group, set()).update((opt.name, opt.dest))
            for deprecated in opt.deprecated_opts:
                known.setdefault(deprecated.group or group, set()).add(deprecated.name or opt.name)
    names = {group: {_normalized(name) for name in some} for group, some in known.items()}
    return [
        _sentence(path, group, option, names)
        for path in _files(conf)
        for group, options in _sections(path).items()
        if group not in _UNCHECKED
        for option in options
        if _normalized(option) not in names.get(group, ())
    ]


def _normalized(name: str) -> str:
    return name.replace("-", "_").lower()


def _files(conf: cfg.ConfigOpts) -> Iterator[Path]:
    directories = (sorted(Path(name).glob("*.conf")) for name in conf.config_dirs)
    yield from itertools.chain((Path(name) for name in conf.config_file or ()), *directories)


def _sections(path: Path) -> dict[str, dict[str, list[str]]]:
    sections: dict[str, dict[str, list[str]]] = {}
    cfg.ConfigParser(str(path), sections).parse()
    return sections


def _sentence(path: Path, group: str, option: str, names: dict[str, set[str]]) -> str:
    sentence = f"[{group}] {option} in {path} is not an option: nothing reads it."
    if group not in names:
        return f"{sentence} There is no section [{group}]."
    similar = difflib.get_close_matches(_normalized(option), names[group], 1)
    return f"{sentence} Did you mean {similar[0]}?" if similar else sentence
