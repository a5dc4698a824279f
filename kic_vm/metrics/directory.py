"""Where several processes put what they have counted."""

from typing import Final

# prometheus_client's own name for it, which it looks at when it is imported.
ENVIRONMENT: Final = "PROMETHEUS_MULTIPROC_DIR"
