# SPDX-License-Identifier: Apache-2.0
"""devstack/ is not an installed package: it runs before anything is installed."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "devstack"))
