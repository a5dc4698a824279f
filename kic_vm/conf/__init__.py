"""The gateway's configuration (oslo.config): one module a group."""

import os
from collections.abc import Sequence

from oslo_config import cfg

from kic_vm.conf import opts

ENVIRONMENT = "KIC_VM_CONFIG"
DEFAULT_FILE = "/etc/kic-vm/kic-vm.conf"


def load(args: Sequence[str] = (), config_file: str | None = None) -> cfg.ConfigOpts:
    """The configuration from its file.

    :param args: arguments in oslo.config's own syntax (``--config-file``, ``--debug``, ...)
    :param config_file: the file to read when ``args`` names none; else that of the environment
        variable KIC_VM_CONFIG, else /etc/kic-vm/kic-vm.conf where it exists
    :raises oslo_config.cfg.Error: the file is missing or a value is not valid
    """
    conf = cfg.ConfigOpts()
    opts.register(conf)
    named = config_file or os.environ.get(ENVIRONMENT)
    files = [named] if named else [DEFAULT_FILE] if os.path.exists(DEFAULT_FILE) else []  # noqa: PTH110
    conf(list(args), project="kic-vm", default_config_files=files)
    _look_at_every_value(conf)
    if conf.metrics.port == conf.api.port:
        raise cfg.ConfigFileValueError("[metrics] port: it must be another one than [api] port")
    return conf


def _look_at_every_value(conf: cfg.ConfigOpts) -> None:
    """Have oslo.config check the values, which it does when they are first read.

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
