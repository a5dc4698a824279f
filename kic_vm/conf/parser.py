# SPDX-License-Identifier: Apache-2.0
"""oslo.config with the same rules for arguments and errors in all commands."""

from typing import Any

from oslo_config import cfg


class Options(cfg.ConfigOpts):  # type: ignore[misc, unused-ignore]
    """Takes no abbreviated arguments; a wrong value gives an error that can be reported."""

    def _pre_setup(self, *args: Any, **kwargs: Any) -> Any:
        prepared = super()._pre_setup(*args, **kwargs)
        if self._oparser is not None:
            self._oparser.allow_abbrev = False
        return prepared

    def _validate_cli_options(self, namespace: object) -> None:
        """Leave it to ``values.check``: oslo.config would end the process without the group."""
