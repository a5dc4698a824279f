"""The log, as the options of oslo.log in [DEFAULT] say."""

import logging
from collections.abc import Iterator
from typing import Final

from oslo_config import cfg
from oslo_log import log

from kic_vm.conf.masking import MaskingFilter

_MASKING: Final = MaskingFilter()


def setup(conf: cfg.ConfigOpts) -> None:
    """Write the log of this process as ``conf`` says.

    :raises oslo_config.cfg.Error: it cannot be written so; the option is named
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
    """The handlers of the root, and those that a file of log_config_append gives to others."""
    for logger in (logging.root, *logging.root.manager.loggerDict.values()):
        if isinstance(logger, logging.Logger):
            yield from logger.handlers
