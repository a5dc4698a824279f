# SPDX-License-Identifier: Apache-2.0
"""The version of the installed gateway."""

import functools
from importlib import metadata
from typing import Final

DISTRIBUTION: Final = "kic-vm"


@functools.cache
def version() -> str:
    """The version, such as ``1.2.3``."""
    return metadata.version(DISTRIBUTION)
