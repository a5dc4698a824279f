# SPDX-License-Identifier: Apache-2.0
"""The log messages of kic-vm-api and kic-vm-worker at start, reload and stop."""

from oslo_config import cfg
from oslo_log import log as logging

from kic_vm.conf.known_options import unknown_options
from kic_vm.version import version

LOG = logging.getLogger(__name__)


def log_start(command: str, conf: cfg.ConfigOpts, *addresses: str) -> None:
    """Log the version, the addresses and the configuration of a process that has started."""
    listening = f" on {', '.join(addresses)}" if addresses else ""
    LOG.info("%s %s started%s with %s", command, version(), listening, configured_by(conf))
    warn_of_unknown_options(conf)


def log_stop(command: str) -> None:
    """Log that a process has stopped."""
    LOG.info("%s stopped", command)


def log_reload(conf: cfg.ConfigOpts) -> None:
    """Log that the process uses a new configuration."""
    LOG.info("Reloaded %s", configured_by(conf))
    warn_of_unknown_options(conf)


def log_refusal(problem: str) -> None:
    """Log that the process keeps its configuration, because the new one cannot be used.

    Call it outside of an exception's handler: oslo.log would add the exception to the line.
    """
    LOG.error("Reload refused, the present configuration stays: %s", problem)


def warn_of_unknown_options(conf: cfg.ConfigOpts) -> None:
    """Log a warning for each unknown option in the configuration files."""
    for sentence in unknown_options(conf):
        LOG.warning("%s", sentence)


def configured_by(conf: cfg.ConfigOpts) -> str:
    """The files and directories of a configuration."""
    paths = [*(conf.config_file or ()), *conf.config_dirs]
    return f"configuration {', '.join(paths)}" if paths else "no configuration file"
