"""The log, as the options of oslo.log in [DEFAULT] say."""

from oslo_config import cfg
from oslo_log import log


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
