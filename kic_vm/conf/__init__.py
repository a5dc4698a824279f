"""The gateway's configuration (oslo.config): one module a group."""

import os
from collections.abc import Sequence

from oslo_config import cfg

from kic_vm.conf import opts

PROJECT = "kic-vm"
ENVIRONMENT = "KIC_VM_CONFIG"
DEFAULT_FILE = "/etc/kic-vm/kic-vm.conf"


def load(args: Sequence[str] = (), config_file: str | None = None) -> cfg.ConfigOpts:
    """The configuration from its file.

    :param args: arguments in oslo.config's own syntax (``--config-file``, ``--debug``, ...)
    :param config_file: the file to read when ``args`` names none; else see ``files``
    :raises oslo_config.cfg.Error: the file is missing or a value is not valid
    """
    conf = create()
    conf(list(args), project=PROJECT, default_config_files=files(config_file))
    check(conf)
    return conf


def create() -> cfg.ConfigOpts:
    """A configuration that knows every option, and has read nothing yet."""
    conf = cfg.ConfigOpts()
    opts.register(conf)
    return conf


def files(config_file: str | None = None) -> list[str]:
    """The files to read when the arguments name none.

    That one, else that of the environment variable KIC_VM_CONFIG, else
    /etc/kic-vm/kic-vm.conf where it exists.
    """
    named = config_file or os.environ.get(ENVIRONMENT)
    return [named] if named else [DEFAULT_FILE] if os.path.exists(DEFAULT_FILE) else []  # noqa: PTH110


def check(conf: cfg.ConfigOpts) -> None:
    """Look at every value: oslo.config checks one when it is first read.

    :raises oslo_config.cfg.Error: a value is not valid; it names group and option
    """
    for name in conf:
        value = conf[name]
        if isinstance(value, cfg.ConfigOpts.GroupAttr):
            for option in value:
                try:
                    value[option]
                except cfg.ConfigFileValueError as error:
                    raise cfg.ConfigFileValueError(f"[{name}] {option}: {error}") from error
    if conf.metrics.port == conf.api.port:
        raise cfg.ConfigFileValueError("[metrics] port: it must be another one than [api] port")
