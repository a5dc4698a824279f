# SPDX-License-Identifier: Apache-2.0
"""Run as ``python3 -m demo up`` or ``python3 -m demo stop``."""

import sys

from .cli import main

sys.exit(main(sys.argv[1:]))
