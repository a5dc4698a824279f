# SPDX-License-Identifier: Apache-2.0
"""The directory in which several processes collect their metrics."""

from typing import Final

# prometheus_client reads this variable when it is imported.
ENVIRONMENT: Final = "PROMETHEUS_MULTIPROC_DIR"
