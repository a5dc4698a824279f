# SPDX-License-Identifier: Apache-2.0
"""The gateway's configuration (oslo.config): one module per group."""

import os
from collections.abc import Sequence

from oslo_config import cfg

from kic_vm.conf import certificates, opts, upstreams, values
from kic_vm.conf.parser import Options
from kic_vm.version import version

PROJECT = "kic-vm"
ENVIRONMENT = "KIC_VM_CONFIG"
DEFAULT_FILE = "/etc/kic-vm/kic-vm.conf"


def load(args: Sequence[str] = (), config_file: str | None = None) -> cfg.ConfigOpts:
    """Load the configuration from its file.

    :param args: arguments in oslo.config's own syntax (``--config-file``, ``--debug``, ...)
    :param config_file: the file to read when ``args`` names none; see also ``files``
    :raises oslo_config.cfg.Error: the file is missing or a value is not valid
    """
    conf = create()
    try:
        conf(
            list(args),
            project=PROJECT,
            version=version(),
            default_config_files=files(config_file),
        )
    except OSError as error:  # oslo.config converts only some
        raise cfg.ConfigFileValueError(f"{error.filename}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise cfg.ConfigFileValueError(f"A configuration file is not UTF-8: {error}") from error
    check(conf)
    return conf


def create() -> cfg.ConfigOpts:
    """A configuration with every option registered, before it reads any file."""
    conf = Options()
    opts.register(conf)
    return conf


def files(config_file: str | None = None) -> list[str]:
    """The files to read when the arguments name none.

    ``config_file``, or the file that the environment variable KIC_VM_CONFIG names, or
    /etc/kic-vm/kic-vm.conf if it exists.
    """
    path = config_file or os.environ.get(ENVIRONMENT)
    return [path] if path else [DEFAULT_FILE] if os.path.exists(DEFAULT_FILE) else []  # noqa: PTH110


def check(conf: cfg.ConfigOpts) -> None:
    """Check every value, the values that must go together, and the files that they name.

    :raises oslo_config.cfg.Error: a value is not valid; the error names the group and the option
    """
    values.check(conf)
    upstreams.check(conf)
    certificates.check(conf)
    if conf.metrics.port == conf.api.port:
        raise cfg.ConfigFileValueError("[metrics] port: it must differ from [api] port")
