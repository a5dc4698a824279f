# SPDX-License-Identifier: Apache-2.0
"""Setup of the log, by oslo.log's options in [DEFAULT]."""

import contextlib
import logging
import threading
from collections.abc import Iterator
from typing import Final

from oslo_config import cfg
from oslo_context import context
from oslo_log import log

from kic_vm.conf.masking import MaskingFilter

_MASKING: Final = MaskingFilter()
_UNFINISHED: Final = threading.Event()
"""The last setup has failed, so the process may have no log."""


def setup(conf: cfg.ConfigOpts) -> None:
    """Set up this process's log according to ``conf``.

    :raises oslo_config.cfg.Error: the log cannot be written; the error names the option. The
        process may have no log then, until ``restore``
    """
    _UNFINISHED.set()
    try:
        log.setup(conf, "kic-vm")
    except log.LogConfigError as error:
        raise cfg.ConfigFileValueError(f"[DEFAULT] log_config_append: {error}") from error
    except OSError as error:
        raise cfg.ConfigFileValueError(f"[DEFAULT] log_file or log_dir: {error}") from error
    except (ValueError, TypeError, RuntimeError) as error:
        raise cfg.ConfigFileValueError(
            "[DEFAULT] default_log_levels, syslog_log_facility, use_journal or "
            f"log_rotate_interval: {' '.join(str(error).split())}"
        ) from error
    if not conf.log_config_append:
        _check_formats()
    for handler in _handlers():
        handler.addFilter(_MASKING)
    _UNFINISHED.clear()


def restore(conf: cfg.ConfigOpts) -> None:
    """Set up the log again by a configuration that was in use, if a new one could not be used."""
    if _UNFINISHED.is_set():
        setup(conf)


def _check_formats() -> None:
    """Check the formats of lines; logging would write a traceback for each line.

    :raises oslo_config.cfg.Error: a line cannot be written with a format
    """
    options = {
        "logging_default_format_string": None,
        "logging_context_format_string": context.RequestContext(overwrite=False),
    }
    for handler in logging.root.handlers:
        for option, current in options.items():
            record = logging.LogRecord("kic_vm", logging.INFO, __file__, 0, "", None, None)
            record.context = current
            try:
                handler.format(record)
            except (LookupError, TypeError, ValueError) as error:
                raise cfg.ConfigFileValueError(
                    f"[DEFAULT] {option}: no line can be written with it: {error!r}"
                ) from error


@contextlib.contextmanager
def held_back() -> Iterator[None]:
    """Hold the messages of the start back until the log is set up.

    They are logged at the end, as well as Python's warnings. If the start fails, they are dropped:
    its error says what is wrong.
    """
    held = _Held()
    logging.root.addHandler(held)
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        logging.root.removeHandler(held)
    for record in held.records:
        logger = logging.getLogger(record.name)
        if logger.isEnabledFor(record.levelno):
            logger.handle(record)


class _Held(logging.Handler):
    """Collects messages."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Collect a message."""
        self.records.append(record)


def _handlers() -> Iterator[logging.Handler]:
    """The root logger's handlers, and those that log_config_append adds to other loggers."""
    for logger in (logging.root, *logging.root.manager.loggerDict.values()):
        if isinstance(logger, logging.Logger):
            yield from logger.handlers
