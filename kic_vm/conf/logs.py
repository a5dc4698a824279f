# SPDX-License-Identifier: Apache-2.0
"""Setup of the log, by oslo.log's options in [DEFAULT]."""

import logging
from collections.abc import Iterator
from typing import Final

from oslo_config import cfg
from oslo_log import log

from kic_vm.conf.masking import MaskingFilter

_MASKING: Final = MaskingFilter()


def setup(conf: cfg.ConfigOpts) -> None:
    """Set up this process's log according to ``conf``.

    :raises oslo_config.cfg.Error: the log cannot be written; the error names the option
    """
    try:
        log.setup(conf, "kic-vm")
    except log.LogConfigError as error:
        raise cfg.ConfigFileValueError(f"[DEFAULT] log_config_append: {error}") from error
    except OSError as error:
        raise cfg.ConfigFileValueError(f"[DEFAULT] log_file or log_dir: {error}") from error
    for handler in _handlers():
        handler.addFilter(_MASKING)


def _handlers() -> Iterator[logging.Handler]:
    """The root logger's handlers, and those that log_config_append adds to other loggers."""
    for logger in (logging.root, *logging.root.manager.loggerDict.values()):
        if isinstance(logger, logging.Logger):
            yield from logger.handlers
